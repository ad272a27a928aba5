import { fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { ZoneCard } from '@/features/users/zone-card';
import { chooseZone } from '@/lib/preferences';
import { deviceZone, shortTime, timeZone } from '@/lib/time';
import { useShownZone } from '@/shell/zone';
import { draw, pretendServer } from './server';

function Page() {
  return useShownZone() ? <ZoneCard /> : <p>waiting</p>;
}

const now = Date.parse('2026-11-23T18:00:00Z');
const clock = () => shortTime('2026-11-23T17:59:31Z', now);

afterEach(() => chooseZone('console'));

test("times are in the console's zone, until a viewer chooses another, which this browser keeps", async () => {
  pretendServer(() => ({ body: { time_zone: 'Asia/Tokyo', protected: [] } }));
  draw(<Page />);
  const own = await screen.findByLabelText(/the console's zone/);
  expect((own as HTMLInputElement).checked).toBe(true);
  expect(clock()).toBe('02:59:31');
  fireEvent.click(screen.getByLabelText('UTC'));
  await waitFor(() => expect(timeZone.get()).toBe('UTC'));
  expect(clock()).toBe('17:59:31');
  expect(localStorage.getItem('bangui.zone')).toBe('utc');
  fireEvent.click(screen.getByLabelText(/this device's zone/));
  await waitFor(() => expect(timeZone.get()).toBe(deviceZone()));
  fireEvent.click(screen.getByLabelText(/the console's zone/));
  await waitFor(() => expect(timeZone.get()).toBe('Asia/Tokyo'));
});
