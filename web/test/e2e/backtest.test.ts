import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Stage } from './stage';

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const logs = mkdtempSync(join(tmpdir(), 'bangui-logs-'));

let stage: Stage;
const complaints: string[] = [];

/** A line of sshd's, some minutes ago, of a connection of its own. */
function line(minutesAgo: number, text: string, connection: number): string {
  return `${new Date(Date.now() - minutesAgo * 60_000).toISOString()} web sshd[${connection + 1}]: ${text} port 4242 ssh2`;
}

const failed = (address: string) => `Failed password for root from ${address}`;

beforeAll(async () => {
  stage = await Stage.open(complaints, { settings: ['--path-map', `/var/log=${logs}`] });
  writeFileSync(
    join(stage.fail2ban.config, 'jail.d', 'past.local'),
    '[past]\nenabled = false\nfilter = sshd\nlogpath = /var/log/past.log\nmaxretry = 5\nfindtime = 1h\nbantime = 10m\n',
  );
  const lines = [];
  for (let i = 0; i < 6; i++) lines.push([50 - i, failed('203.0.113.7')] as const);
  for (let i = 0; i < 3; i++) lines.push([49 - i, failed('198.51.100.23')] as const, [48 - i, failed('2001:db8::7')] as const);
  lines.push([5, 'Accepted publickey for <b>bob</b> from 198.51.100.23'] as const);
  lines.sort(([a], [b]) => b - a);
  writeFileSync(join(logs, 'past.log'), `${lines.map(([ago, text], i) => line(ago, text, i)).join('\n')}\n`);
});

afterAll(async () => {
  await stage?.close();
  rmSync(logs, { recursive: true, force: true });
  expect(complaints).toEqual([]);
});

const result = (page: Page) => page.getByRole('region', { name: 'Result' });

test('whom a jail would have banned is told beside what a change would do, and who of them signed in well', async () => {
  const page = await stage.page('/jails/past?tab=backtest');
  await page.getByLabel('Failures until a ban').first().fill('3');
  await page.getByText('Several values against each other').click();
  await page.getByLabel('Failures until a ban').nth(1).fill('2, 5, 9');
  await page.getByRole('button', { name: 'Back-test' }).click();
  await result(page).getByText('What would have been').waitFor();
  const row = (name: string) => result(page).getByRole('row', { name });
  expect(await row('Failures until a ban').first().getByRole('cell').allTextContents()).toEqual(['5', '3']);
  expect(await row('Addresses banned').getByRole('cell').allTextContents()).toEqual(['1', '3']);
  expect(await row('Addresses that signed in well too').getByRole('cell').allTextContents()).toEqual(['0', '1']);
  const first = result(page).getByRole('listitem').filter({ hasText: '198.51.100.23' });
  expect(await first.textContent()).toContain('Perhaps a good visitor');
  expect(await first.textContent()).toContain('<b>bob</b>');
  await result(page).getByRole('button', { name: 'Only with the change 2' }).click();
  await result(page).getByRole('link', { name: '2001:db8::7' }).waitFor();
  expect(await result(page).getByRole('link', { name: '203.0.113.7' }).count()).toBe(0);
  expect(await result(page).getByRole('region', { name: 'Values' }).getByRole('row').count()).toBe(4);
  await page.context().close();
});

test('settings that are not applied are tried from the review, and stay as they were typed', async () => {
  const page = await stage.page('/jails/past?tab=settings');
  await page.getByLabel('Failures until a ban', { exact: true }).fill('4');
  await page.getByRole('button', { name: 'Review…' }).click();
  await page.getByRole('button', { name: 'Back-test it first' }).click();
  await page.getByText('Compared is also the 1 setting that you changed and did not apply: Failures until a ban').waitFor();
  await page.getByRole('button', { name: 'Back-test' }).click();
  await result(page).getByText('What would have been').waitFor();
  expect(await result(page).getByRole('row', { name: 'Failures until a ban' }).getByRole('cell').allTextContents()).toEqual(['5', '4']);
  await page.getByRole('link', { name: 'Settings (changed)' }).click();
  expect(await page.getByLabel('Failures until a ban', { exact: true }).inputValue()).toBe('4');
  await page.context().close();
});

test('a log that may not be read is said, and wrong values are not sent', async () => {
  const page = await stage.page('/jails/sshd?tab=backtest');
  await page.getByLabel('Counted within').first().fill('soon');
  await page.getByText('This is no time such as').waitFor();
  expect(await page.getByRole('button', { name: 'Back-test' }).isDisabled()).toBe(true);
  await page.getByLabel('Counted within').first().fill('');
  await page.getByRole('button', { name: 'Back-test' }).click();
  await result(page)
    .getByText(/is not in a folder for logs/)
    .waitFor();
  await page.context().close();
});

const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const desk = { viewport: { width: 1440, height: 900 } };
// Pictures are for who looks at a change: BANGUI_SHOTS names a folder for them.
const shots = process.env.BANGUI_SHOTS;

test.each([
  ['desktop', 'light', desk, 'en-US'],
  ['phone', 'dark', phone, 'de-DE'],
] as const)('a back-test is accessible: %s, %s', async (size, colorScheme, options, locale) => {
  const page = await stage.page('/jails/past?tab=backtest', { ...options, colorScheme, locale });
  const look = async (name: string) => {
    const { violations } = await new AxeBuilder({ page })
      .withTags(tags)
      .options({ resultTypes: ['violations'] })
      .setLegacyMode()
      .analyze();
    expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0);
    if (shots === undefined) return;
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: `${shots}/backtest-${name}-${size}-${colorScheme}.png`, fullPage: true });
  };
  await page.locator('form').waitFor();
  await look('idle');
  await page.locator('form input').first().fill('3');
  await page.locator('form summary').click();
  await page.locator('form input').nth(3).fill('2, 3, 5');
  await page.locator('form input').nth(5).fill('10m, 1d, -1');
  await page.locator('form button').click();
  await page.getByText('2001:db8::7').first().waitFor();
  await page.locator('main ol details').first().click();
  await look('result');
  await page.context().close();
});
