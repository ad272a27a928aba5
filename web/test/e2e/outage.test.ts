import { rmSync } from 'node:fs';
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
  await page.getByRole('link', { name: /Online/ }).waitFor({ timeout: recovers });
  await until(() => stage.fail2ban.isBanned('203.0.113.5'), 'fail2ban has put its ban back');
  stage.fail2ban.attack('203.0.113.6');
  await page.getByRole('row').filter({ hasText: '203.0.113.6' }).waitFor();
  expect(await row.count()).toBe(1);
  await page.context().close();
});

test('the socket is removed under a running server: the page says so', async () => {
  const page = await stage.page('/');
  await page.getByRole('link', { name: /Online/ }).waitFor();
  rmSync(stage.fail2ban.socket);
  await page.getByRole('link', { name: /Unreachable/ }).waitFor({ timeout: tells });
  await stage.fail2ban.stop();
  await stage.fail2ban.start();
  await page.getByRole('link', { name: /Online/ }).waitFor({ timeout: recovers });
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
