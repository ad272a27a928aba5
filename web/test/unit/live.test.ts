import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Batch } from '@/api/events';
import { addLines } from '@/api/feed';
import { LiveSource } from '@/api/live';

class FakeSource extends EventTarget {
  static made: FakeSource[] = [];
  readyState = 1;
  constructor(readonly url: string) {
    super();
    FakeSource.made.push(this);
  }
  close() {
    this.readyState = 2;
  }
  say(type: string, data: unknown, lastEventId = '') {
    this.dispatchEvent(new MessageEvent(type, { data: typeof data === 'string' ? data : JSON.stringify(data), lastEventId }));
  }
}

function startLive() {
  const live = new LiveSource({
    url: 'http://console/api/v1/events',
    replay: 50,
    open: (url) => new FakeSource(url) as unknown as EventSource,
  });
  const batches: Batch[] = [];
  live.subscribe((batch) => batches.push(batch));
  const stop = live.start();
  return { live, batches, stop };
}

const newest = () => FakeSource.made.at(-1) as FakeSource;
const ban = (address: string) => ({ id: null, kind: 'ban', at: '', host: 'local', jail: 'sshd', address, count: 1 });
let stop: () => void = () => undefined;

beforeEach(() => {
  FakeSource.made = [];
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', Object.assign(FakeSource, { CLOSED: 2, OPEN: 1, CONNECTING: 0 }));
});

afterEach(() => {
  stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('a thousand events in a second are at most five updates, in order, none lost', () => {
  const { batches, stop: end } = startLive();
  stop = end;
  for (let i = 0; i < 1000; i++) {
    newest().say('ban', ban(`10.0.0.${i}`), String(i));
    vi.advanceTimersByTime(1);
  }
  vi.advanceTimersByTime(300);
  expect(batches.length).toBeLessThanOrEqual(5);
  const addresses = batches.flatMap((b) => b.events.map((e) => e.address));
  expect(addresses).toEqual(Array.from({ length: 1000 }, (_, i) => `10.0.0.${i}`));
});

test('of the counters only the newest is handed on', () => {
  const { batches, stop: end } = startLive();
  stop = end;
  newest().say('ban', ban('10.0.0.1'));
  vi.advanceTimersByTime(0);
  for (let i = 0; i < 10; i++) newest().say('counters', { jails: [], as_of: String(i) });
  vi.advanceTimersByTime(300);
  expect(batches.filter((b) => b.counters).map((b) => b.counters?.as_of)).toEqual(['9']);
});

test('what is no JSON, or no event, harms nothing', () => {
  const { batches, stop: end } = startLive();
  stop = end;
  for (const data of ['{', '[]', '7', 'null', '{"kind":7}']) newest().say('ban', data);
  newest().say('ban', ban('10.0.0.1'));
  vi.advanceTimersByTime(300);
  expect(batches.flatMap((b) => b.events)).toHaveLength(1);
});

test('it resumes after the last event it heard, and tells once that it was away', () => {
  const { live, stop: end } = startLive();
  stop = end;
  const again = vi.fn();
  live.onReconnect(again);
  expect(newest().url).toContain('replay=50');
  newest().say('hello', {});
  expect(live.state.get()).toBe('live');
  expect(again).not.toHaveBeenCalled();
  newest().say('ban', ban('10.0.0.1'), '41');
  newest().readyState = 2;
  newest().dispatchEvent(new Event('error'));
  expect(live.state.get()).toBe('lost');
  vi.advanceTimersByTime(1000);
  expect(FakeSource.made).toHaveLength(2);
  expect(newest().url).toContain('last_event_id=41');
  expect(newest().url).not.toContain('replay');
  newest().say('hello', {});
  expect(live.state.get()).toBe('live');
  expect(again).toHaveBeenCalledTimes(1);
});

test('a tab that nobody looks at lets go after a minute and comes back', () => {
  const { live, stop: end } = startLive();
  stop = end;
  newest().say('hello', {});
  const look = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
  document.dispatchEvent(new Event('visibilitychange'));
  vi.advanceTimersByTime(59_000);
  expect(live.state.get()).toBe('live');
  vi.advanceTimersByTime(2000);
  expect(live.state.get()).toBe('paused');
  expect(newest().readyState).toBe(2);
  look.mockReturnValue('visible');
  document.dispatchEvent(new Event('visibilitychange'));
  expect(FakeSource.made).toHaveLength(2);
  look.mockRestore();
});

test('the feed shows the newest on top, nothing twice, and stays bounded', () => {
  const event = (id: string | null, address: string) => ({ ...ban(address), id }) as never;
  const first = addLines([], [event('1', 'a'), event('2', 'b'), event(null, 'c'), event(null, 'c')]);
  expect(first.map((l) => l.address)).toEqual(['c', 'c', 'b', 'a']);
  const second = addLines(first, [event('2', 'b'), event('3', 'd')]);
  expect(second.map((l) => l.address)).toEqual(['d', 'c', 'c', 'b', 'a']);
  const many = addLines(
    second,
    Array.from({ length: 900 }, (_, i) => event(String(i + 10), `x${i}`)),
  );
  expect(many).toHaveLength(200);
  expect(many[0]?.address).toBe('x899');
});

test('a stopped source forgets what it heard: who comes next starts anew', () => {
  const { live, batches, stop: end } = startLive();
  newest().say('hello', {}, '7');
  newest().say('ban', ban('10.0.0.1'), '8');
  end();
  vi.advanceTimersByTime(1000);
  expect(batches).toEqual([]);
  expect(newest().readyState).toBe(2);
  stop = live.start();
  expect(new URL(newest().url).search).toBe('?replay=50');
  expect(live.state.get()).toBe('connecting');
});
