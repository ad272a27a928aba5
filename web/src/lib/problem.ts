import { t } from '@lingui/core/macro';

/** An application/problem+json body, as far as one came. */
interface ProblemBody {
  title?: string;
  detail?: string;
  mend?: string;
  code?: string;
  request_id?: string;
  errors?: { field?: string; detail?: string }[] | null;
}

/** What went wrong, as the server told it (problem+json) or as the network did. */
export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  /** What to do about it; may be ''. */
  readonly mend: string;
  /** Names the request in the server's log; '' when it never got there. */
  readonly requestId: string;
  readonly fields: { field: string; detail: string }[];
  /** Seconds to wait before asking again, where the server said so; else 0. */
  readonly retryAfter: number;

  constructor(body: ProblemBody, status: number, retryAfter = 0) {
    super(body.detail || body.title || t`The server answered with an error it did not explain.`);
    this.name = 'Problem';
    this.code = body.code ?? 'unknown';
    this.status = status;
    this.mend = body.mend ?? '';
    this.requestId = body.request_id ?? '';
    this.retryAfter = retryAfter;
    this.fields = Array.isArray(body.errors)
      ? body.errors.map((e) => ({ field: String(e.field ?? ''), detail: String(e.detail ?? '') }))
      : [];
  }
}

/** The problem that an answer carries; a proxy's HTML page or nothing at all is one too. */
export function problemFrom(body: unknown, response: Response): Problem {
  const wait = Number(response.headers.get('Retry-After') ?? 0);
  const retryAfter = Number.isFinite(wait) && wait > 0 ? wait : 0;
  if (typeof body === 'object' && body !== null) return new Problem(body as ProblemBody, response.status, retryAfter);
  return new Problem(
    { code: 'unexpected_answer', detail: t`Something between this page and BanGUI answered ${response.status}.` },
    response.status,
    retryAfter,
  );
}

/** Any thrown thing as a problem. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return new Problem({ code: 'timeout', detail: t`BanGUI did not answer in time.` }, 0);
  }
  if (error instanceof TypeError) {
    return new Problem({ code: 'offline', detail: t`BanGUI can't be reached from this browser.` }, 0);
  }
  return new Problem({ code: 'page', detail: error instanceof Error ? error.message : String(error) }, 0);
}
