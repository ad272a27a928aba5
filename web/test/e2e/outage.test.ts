import { rmSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Stage } from './stage';
import { until } from './until';

// The page tells the truth within 15 s of a cause, and within 10 s of its end: and as much
// again for a machine that stands still meanwhile.
const tells = 30_000;
const recovers = 20_000;

let stage: Stage;
const complaints: string[] = [];

beforeAll(async () => {
  stage = await Stage.open(complaints);
  stage.fail2ban.attack('203.0.113.5');
  await until(() => stage.fail2ban.isBanned('203.0.113.5'), 'there is a ban to keep on the page');
});

afterAll(async () => {
  await stage?.close();
  expect(complaints).toEqual([]);
});

const online = (page: Page) => page.getByRole('link', { name: /Online/ });
const unreachable = (page: Page) => page.getByRole('link', { name: /Unreachable/ });

/** The addresses of the list, sorted; the first row is its head. */
async function listed(page: Page): Promise<string[]> {
  const rows = await page
    .getByRole('row')
    .filter({ hasText: 'sshd' })
    .getByRole('link', { name: /^203\./ })
    .allInnerTexts();
  return rows.sort();
}

/** Waits until the page lists what fail2ban holds, and nothing twice. */
async function untilAgreed(page: Page): Promise<void> {
  let seen = '';
  await until(
    async () => {
      const [shown, held] = [await listed(page), await stage.fail2ban.banned()];
      seen = `${shown} and ${held}`;
      return held.length > 0 && shown.join() === held.join();
    },
    'page and fail2ban agree',
    30_000,
  ).catch((error) => {
    throw new Error(`${error}: ${seen}`);
  });
}

test('fail2ban hangs: the page says so, keeps its data with its age, and recovers', async () => {
  const page = await stage.page('/bans');
  await page.getByRole('row').filter({ hasText: '203.0.113.5' }).waitFor();
  const banner = page.getByRole('alert').filter({ hasText: /fail2ban (doesn't answer|has not been heard)/ });
  expect(await banner.count()).toBe(0);

  stage.fail2ban.signal('SIGSTOP');
  await banner.waitFor({ timeout: tells });
  await page
    .getByText(/as of \d\d:\d\d:\d\d/)
    .first()
    .waitFor({ timeout: tells });
  expect(await page.locator('main[data-stale]').count()).toBe(1);
  expect(await page.getByRole('row').filter({ hasText: '203.0.113.5' }).count()).toBe(1);

  stage.fail2ban.signal('SIGCONT');
  await banner.waitFor({ state: 'detached', timeout: recovers });
  await page.getByRole('row').filter({ hasText: '203.0.113.5' }).waitFor();
  await page.context().close();
});

test('fail2ban dies and comes back: no ban is lost from the list, none is doubled', async () => {
  const page = await stage.page('/bans');
  const row = page.getByRole('row').filter({ hasText: '203.0.113.5' });
  await row.waitFor();
  stage.fail2ban.signal('SIGKILL');
  await page.getByRole('alert').filter({ hasText: "fail2ban doesn't answer" }).waitFor({ timeout: tells });
  expect(await row.count()).toBe(1);

  await stage.fail2ban.start();
  await online(page).waitFor({ timeout: recovers });
  await until(() => stage.fail2ban.isBanned('203.0.113.5'), 'fail2ban has put its ban back');
  stage.fail2ban.attack('203.0.113.6');
  await page.getByRole('row').filter({ hasText: '203.0.113.6' }).waitFor();
  expect(await row.count()).toBe(1);
  await untilAgreed(page);
  await page.context().close();
});

test('fail2ban is restarted: the page says that it is away, and its list stays whole', async () => {
  const page = await stage.page('/bans');
  await untilAgreed(page);
  const before = await listed(page);
  await stage.fail2ban.stop();
  await unreachable(page).waitFor({ timeout: tells });
  expect(await listed(page)).toEqual(before);

  await stage.fail2ban.start();
  await online(page).waitFor({ timeout: recovers });
  stage.fail2ban.attack('203.0.113.7');
  await page.getByRole('row').filter({ hasText: '203.0.113.7' }).waitFor();
  await untilAgreed(page);
  expect(await listed(page)).toEqual([...before, '203.0.113.7'].sort());
  await page.context().close();
});

test("fail2ban's log is rotated: bans and ends go on appearing, none is lost or doubled", async () => {
  const page = await stage.page('/bans');
  await untilAgreed(page);
  stage.fail2ban.attack('203.0.113.9');
  await stage.fail2ban.rotate();
  stage.fail2ban.attack('203.0.113.10');
  for (const address of ['203.0.113.9', '203.0.113.10']) {
    await page.getByRole('row').filter({ hasText: address }).waitFor({ timeout: tells });
  }
  expect(await online(page).count()).toBe(1);
  await stage.fail2ban.client('set', 'sshd', 'unbanip', '203.0.113.9');
  await untilAgreed(page);

  await page.goto(`${stage.url}/`);
  const feed = page.getByRole('log');
  await feed.getByText('203.0.113.10').first().waitFor();
  const told = await feed.locator('div', { hasText: '203.0.113.10' }).filter({ hasText: 'Banned' }).count();
  expect(told).toBe(1);
  await page.context().close();
});

test('the socket is removed under a running server: the page says so and keeps its list', async () => {
  const page = await stage.page('/bans');
  await untilAgreed(page);
  const before = await listed(page);
  await online(page).waitFor();
  rmSync(stage.fail2ban.socket);
  await unreachable(page).waitFor({ timeout: tells });
  expect(await listed(page)).toEqual(before);
  await stage.fail2ban.stop();
  await stage.fail2ban.start();
  await online(page).waitFor({ timeout: recovers });
  await untilAgreed(page);
  expect(await listed(page)).toEqual(before);
  await page.context().close();
});

test('our own server goes away: nothing looks live, and the page finds it again by itself', async () => {
  const page = await stage.page('/');
  await page.getByRole('button', { name: /^Live\./ }).waitFor();
  await stage.stopConsole();
  await page.getByRole('button', { name: /^Not live\./ }).waitFor({ timeout: tells });
  await page.getByRole('alert').filter({ hasText: "BanGUI doesn't answer." }).waitFor({ timeout: tells });
  expect(await page.getByRole('link', { name: /Online/ }).count()).toBe(0);

  await stage.startConsole();
  await page.getByRole('button', { name: /^Live\./ }).waitFor({ timeout: tells });
  await page.getByRole('link', { name: /Online/ }).waitFor({ timeout: tells });
  stage.fail2ban.attack('203.0.113.8');
  await page.getByRole('log').getByText('203.0.113.8').first().waitFor();
  await page.context().close();
});

test('a part of the page that does not come leaves the shell around it, and is there when BanGUI is back', async () => {
  const page = await stage.page('/about');
  let away = true;
  await page.route(/time-chart/, (route) => (away ? route.abort() : route.continue()));
  await page.getByRole('link', { name: 'Overview' }).click();
  const failed = page.getByText('A part of the page could not be fetched:');
  await failed.waitFor();
  await page.getByRole('button', { name: /^Live\./ }).waitFor();
  await stage.stopConsole();
  await page.getByRole('button', { name: /^Not live\./ }).waitFor({ timeout: tells });
  away = false;
  await stage.startConsole();
  await failed.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: /^Live\./ }).waitFor({ timeout: tells });
  await page.context().close();
});
