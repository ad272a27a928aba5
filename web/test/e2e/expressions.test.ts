import { mkdirSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Stage } from './stage';

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

let stage: Stage;
const complaints: string[] = [];

beforeAll(async () => {
  stage = await Stage.open(complaints);
});

afterAll(async () => {
  await stage?.close();
  expect(complaints).toEqual([]);
});

const lines = [
  'Nov 23 14:34:00 web sshd[7]: Failed password for invalid user bob from 203.0.113.7 port 40001 ssh2',
  'Nov 23 14:34:02 web sshd[7]: <img src=x onerror=alert(1)> \u202e is no failure',
  `${'a'.repeat(60)}!`,
].join('\n');

// Pictures are for who looks at a change: BANGUI_SHOTS names a folder for them.
const shots = process.env.BANGUI_SHOTS;

test('pasted lines are tried on a filter: matches are marked, hostile text is text', async () => {
  const page = await stage.page('/tools/expressions?filter=sshd');
  await page.getByText('Paste lines, or choose a log.').waitFor();
  await page.getByLabel('Log lines').fill(lines);
  await page.keyboard.press('Control+Enter');
  await page.locator('mark', { hasText: /^203\.0\.113\.7$/ }).waitFor();
  expect(await page.locator('mark[title="ip4"]').allTextContents()).toEqual(['203.0.113.7']);
  expect(await page.locator('mark[title="user"]').allTextContents()).toEqual(['bob']);
  await page.getByRole('button', { name: 'Matched 1' }).waitFor();
  await page.getByRole('button', { name: 'Missed 2' }).click();
  await page.getByText('⟨U+202E⟩').waitFor();
  expect(await page.locator('main img').count()).toBe(0);
  expect(new URL(page.url()).search).toBe('?filter=sshd');
  await page.context().close();
});

test('an expression of one’s own that takes for ever is stopped and named, and a loose one is flagged', async () => {
  const page = await stage.page('/tools/expressions');
  await page.getByLabel('Log lines').fill(lines);
  await page.getByLabel('Expressions of my own').check();
  await page.getByLabel('Failures (failregex)').fill('^(a+)+$<HOST>\nfrom <HOST> port\n(');
  await page.getByRole('button', { name: 'Try it' }).click();
  await page.getByText('It took too long on line 3 and was stopped').waitFor();
  await page.getByText('It can\u2019t be used').or(page.getByText("It can't be used")).first().waitFor();
  await page.getByText('It matches anywhere in a line').waitFor();
  await page.context().close();
});

test('a log outside of the folders for logs is refused, and the page says why', async () => {
  const page = await stage.page('/tools/expressions?filter=sshd&log=/etc/passwd');
  await page.getByRole('button', { name: 'Try it' }).click();
  await page.getByText(/\/etc\/passwd is not in a folder for logs/).waitFor();
  await page.getByRole('button', { name: 'Show the last lines' }).click();
  expect(await page.getByText(/\/etc\/passwd is not in a folder for logs/).count()).toBeGreaterThan(0);
  await page.context().close();
});

const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const desk = { viewport: { width: 1440, height: 900 } };

test.each([
  ['desktop', 'light', desk, 'en-US'],
  ['phone', 'dark', phone, 'de-DE'],
] as const)('the tester is accessible: %s, %s', async (size, colorScheme, options, locale) => {
  const page = await stage.page('/tools/expressions?filter=sshd', { ...options, colorScheme, locale });
  await page.locator('textarea').first().fill(lines);
  await page.locator('input[type=checkbox]').first().check();
  await page.locator('textarea').nth(1).fill('^Failed password for invalid user <F-USER>.*?</F-USER> from <HOST>\n^(a+)+$<HOST>\n(');
  await page.keyboard.press('Control+Enter');
  await page.locator('mark[title="ip4"]').waitFor();
  const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
  expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0);
  expect(await page.locator('style').count()).toBe(0);
  if (shots !== undefined) {
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: `${shots}/tester-${size}-${colorScheme}.png`, fullPage: true });
  }
  await page.context().close();
});
