import createClient from 'openapi-fetch';
import { learnServerTime } from '../lib/clock';
import { basePath } from '../lib/env';
import { problemFrom } from '../lib/problem';
import type { paths } from './schema';

const readDeadlineMs = 15_000;
// A restart of a jail with many bans takes fail2ban that long.
const changeDeadlineMs = 65_000;

async function timedFetch(request: Request): Promise<Response> {
  const deadline = AbortSignal.timeout(request.method === 'GET' ? readDeadlineMs : changeDeadlineMs);
  const sentAt = Date.now();
  const response = await fetch(request, { signal: AbortSignal.any([request.signal, deadline]) });
  learnServerTime(response.headers.get('Date'), sentAt, Date.now());
  return response;
}

/** The typed client of our own API. */
export const api = createClient<paths>({ baseUrl: `${window.location.origin}${basePath}`, fetch: timedFetch });

/** The body of an answer, or its problem thrown. */
export async function take<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw problemFrom(error, response);
  return data as T;
}
