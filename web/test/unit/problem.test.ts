import { expect, test } from 'vitest';
import { judge } from '@/api/freshness';
import type { Host } from '@/api/types';
import { Problem, problemFrom, problemOf } from '@/lib/problem';

const answer = (status: number) => new Response(null, { status });

test('a problem carries cause, mend and request id', () => {
  const body = {
    title: 'x',
    detail: 'fail2ban can’t be reached.',
    mend: 'Start it.',
    code: 'fail2ban_unreachable',
    request_id: 'r1',
    errors: [{ field: 'addresses[0]', detail: 'no' }],
  };
  const problem = problemFrom(body, answer(502));
  expect(problem).toMatchObject({
    message: body.detail,
    mend: 'Start it.',
    code: body.code,
    status: 502,
    requestId: 'r1',
    fields: body.errors,
  });
});

test('a proxy’s page is no answer of ours', () => {
  expect(problemFrom('<html>', answer(504))).toMatchObject({ code: 'unexpected_answer', status: 504 });
  expect(problemFrom(undefined, answer(500)).message).toContain('500');
});

test('an empty or odd problem still says something', () => {
  expect(problemFrom({}, answer(500)).message).not.toBe('');
  expect(problemFrom({ errors: null }, answer(500)).fields).toEqual([]);
  expect(problemFrom({ errors: [{}] as never }, answer(500)).fields).toEqual([{ field: '', detail: '' }]);
});

test('network trouble and deadlines are told apart', () => {
  expect(problemOf(new TypeError('Failed to fetch')).code).toBe('offline');
  expect(problemOf(new DOMException('', 'TimeoutError')).code).toBe('timeout');
  expect(problemOf('text').message).toBe('text');
});

const now = Date.parse('2026-11-23T18:00:00Z');
const host = (state: Host['state'], secondsAgo: number) => ({ state, as_of: new Date(now - secondsAgo * 1000).toISOString() }) as Host;

test('data is stale when fail2ban is away, when we are away, and when nobody has looked for a while', () => {
  expect(judge(host('online', 2), null, false, now)).toMatchObject({ stale: false, console: 'ok' });
  expect(judge(host('unreachable', 2), null, false, now)).toMatchObject({ stale: true, console: 'ok' });
  expect(judge(host('online', 60), null, false, now)).toMatchObject({ stale: true, console: 'ok' });
  expect(judge(host('online', 2), new TypeError('x'), false, now)).toMatchObject({ stale: true, console: 'lost' });
  expect(judge(host('online', 2), new Problem({ code: 'internal' }, 500), false, now)).toMatchObject({ stale: true, console: 'ok' });
});

test('before the first answer nothing is claimed', () => {
  expect(judge(undefined, null, false, now)).toMatchObject({ stale: false, asOf: null, console: 'ok' });
});
