import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchIdle } from '@/lib/idle';

const minute = 60_000;
let stop: () => void = () => undefined;

beforeEach(() => {
  localStorage.clear();
  vi.useFakeTimers();
});

afterEach(() => {
  stop();
  vi.useRealTimers();
});

function watch(span: () => number | undefined = () => 30 * minute) {
  const onIdle = vi.fn();
  const watching = watchIdle({ span, onIdle });
  stop = watching.stop;
  return { onIdle, left: watching.left };
}

const press = () => window.dispatchEvent(new KeyboardEvent('keydown', { key: 'a' }));

test('after the time it ends once, with a warning in the last minute', () => {
  const { onIdle, left } = watch();
  vi.advanceTimersByTime(28.9 * minute);
  expect(left.get()).toBeUndefined();
  vi.advanceTimersByTime(0.2 * minute);
  expect(left.get()).toBeGreaterThan(50);
  expect(onIdle).not.toHaveBeenCalled();
  vi.advanceTimersByTime(5 * minute);
  expect(onIdle).toHaveBeenCalledTimes(1);
});

test('whatever is done begins the time anew, and takes the warning away', () => {
  const { onIdle, left } = watch();
  vi.advanceTimersByTime(29.5 * minute);
  expect(left.get()).toBeDefined();
  press();
  expect(left.get()).toBeUndefined();
  vi.advanceTimersByTime(28 * minute);
  expect(onIdle).not.toHaveBeenCalled();
  vi.advanceTimersByTime(3 * minute);
  expect(onIdle).toHaveBeenCalledTimes(1);
});

test('what is done in another tab counts here', () => {
  const { onIdle } = watch();
  vi.advanceTimersByTime(25 * minute);
  localStorage.setItem('bangui.active', String(Date.now()));
  vi.advanceTimersByTime(20 * minute);
  expect(onIdle).not.toHaveBeenCalled();
  vi.advanceTimersByTime(11 * minute);
  expect(onIdle).toHaveBeenCalledTimes(1);
});

test('a stamp from the future keeps nothing open for ever', () => {
  const { onIdle } = watch();
  localStorage.setItem('bangui.active', String(Date.now() + 1000 * minute));
  vi.advanceTimersByTime(29 * minute);
  expect(onIdle).not.toHaveBeenCalled();
  vi.advanceTimersByTime(2 * minute);
  expect(onIdle).toHaveBeenCalledTimes(1);
});

test('without a bound nothing ends, and after its stop it hears nothing', () => {
  const { onIdle, left } = watch(() => undefined);
  vi.advanceTimersByTime(10_000 * minute);
  expect(onIdle).not.toHaveBeenCalled();
  stop();
  vi.advanceTimersByTime(100 * minute);
  expect(left.get()).toBeUndefined();
});
