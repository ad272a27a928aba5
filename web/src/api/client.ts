import createClient from 'openapi-fetch';
import { learnServerTime } from '../lib/clock';
import { basePath } from '../lib/env';
import { problemFrom } from '../lib/problem';
import type { paths } from './schema';

const readDeadlineMs = 15_000;
// A restart of a jail with many bans takes fail2ban that long.
const changeDeadlineMs = 65_000;
// It is tried on a copy, taken up jail by jail, looked at, and put back where that fails.
const configDeadlineMs = 370_000;

/** What the server says about who is asking, before it says anything else. */
export interface Doorkeeper {
  /** The session is over, or the console was never set up. */
  onShut: (code: 'not_signed_in' | 'setup_needed') => void;
  /** The role does not reach: it may have changed since the page learned it. */
  onNotAllowed: () => void;
  /** The change wants the password once more; answers whether it was given. */
  confirmSelf: () => Promise<boolean>;
}

let doorkeeper: Doorkeeper | undefined;

/** Names who handles refusals of every request; the last one named counts. */
export function setDoorkeeper(next: Doorkeeper | undefined): void {
  doorkeeper = next;
}

function deadlineOf({ method, url }: Request): number {
  if (method === 'GET') return readDeadlineMs;
  return url.includes('/config/') || /\/server(\/|$)/.test(url) ? configDeadlineMs : changeDeadlineMs;
}

async function timedFetch(request: Request): Promise<Response> {
  const deadline = AbortSignal.timeout(deadlineOf(request));
  const sentAt = Date.now();
  const response = await fetch(request, { signal: AbortSignal.any([request.signal, deadline]) });
  learnServerTime(response.headers.get('Date'), sentAt, Date.now());
  return response;
}

/** The code of a refusal; '' for every other answer. */
async function refusal(response: Response): Promise<string> {
  if (response.status !== 401 && response.status !== 403) return '';
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  const code = typeof body === 'object' && body !== null && 'code' in body ? body.code : '';
  return typeof code === 'string' ? code : '';
}

// What renews the session's cookie is under way until this is settled.
let renewing: Promise<unknown> = Promise.resolve();

const renews = (request: Request) => /\/api\/v1\/auth\/(step-up|password)$/.test(new URL(request.url).pathname);

/** Asks, and once more where nobody was known: the cookie may have been renewed, here or in another tab, while it was under way. */
async function knownFetch(request: Request): Promise<Response> {
  const again = request.clone();
  const asked = timedFetch(request);
  if (renews(request)) renewing = asked.catch(() => undefined);
  const response = await asked;
  if ((await refusal(response)) !== 'not_signed_in') return response;
  await renewing;
  return timedFetch(again);
}

/** Asks; where the password is wanted first, asks for it and repeats the request by itself, once. */
async function guardedFetch(request: Request): Promise<Response> {
  const again = request.clone();
  const response = await knownFetch(request);
  switch (await refusal(response)) {
    case 'not_signed_in':
      doorkeeper?.onShut('not_signed_in');
      return response;
    case 'setup_needed':
      doorkeeper?.onShut('setup_needed');
      return response;
    case 'not_allowed':
      doorkeeper?.onNotAllowed();
      return response;
    case 'step_up_needed':
      return (await doorkeeper?.confirmSelf()) ? knownFetch(again) : response;
    default:
      return response;
  }
}

/** The typed client of our own API. */
export const api = createClient<paths, 'application/json' | 'application/problem+json'>({
  baseUrl: `${window.location.origin}${basePath}`,
  fetch: guardedFetch,
});

/** The body of an answer, or its problem thrown. */
export async function take<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw problemFrom(error, response);
  return data as T;
}
