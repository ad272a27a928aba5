import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Stage } from './stage';
import { until } from './until';

let stage: Stage;
const complaints: string[] = [];

beforeAll(async () => {
  stage = await Stage.open(complaints);
});

afterAll(async () => {
  await stage?.close();
  expect(complaints).toEqual([]);
});

test('an option of the server is changed, takes effect at once, and goes back', async () => {
  const page = await stage.page('/server');
  await page.getByLabel('Log level').selectOption('NOTICE');
  await page.getByLabel('Remembers bans for').fill('2h');
  await page.getByText('Below one day:').waitFor();
  await page.getByRole('button', { name: 'Review the change…' }).click();
  const dialog = page.getByRole('dialog', { name: "Settings of fail2ban's server" });
  await dialog.getByText('+dbpurgeage = 7200').waitFor();
  await dialog.getByText(/forgets bans after 2h0m0s/).waitFor();
  await dialog.getByRole('button', { name: 'Apply', exact: true }).click();
  await until(async () => (await stage.fail2ban.client('get', 'loglevel')).includes('NOTICE'), 'fail2ban has it');
  await page.getByText('fail2ban.d/zz-bangui.local:').first().waitFor();

  // What somebody sets by hand meanwhile is seen as another value than the files have.
  await stage.fail2ban.client('set', 'loglevel', 'ERROR');
  await page.reload();
  await page.getByText('live: ERROR').waitFor();

  for (const label of ['Log level', 'Remembers bans for']) {
    const part = page
      .locator('div.flex-col')
      .filter({ has: page.getByLabel(label) })
      .last();
    await part.locator('..').getByRole('button', { name: 'Back to what it inherits' }).first().click();
  }
  await page.getByRole('button', { name: 'Review the change…' }).click();
  await dialog.getByRole('button', { name: 'Apply', exact: true }).click();
  await until(async () => (await stage.fail2ban.client('get', 'loglevel')).includes('INFO'), 'it is as it was');
  await page.context().close();
});

test('the log is followed, narrowed down, paused, and hostile lines are text', async () => {
  const page = await stage.page('/server?tab=log');
  const log = page.getByRole('log', { name: "fail2ban's log" });
  await log.getByText('Starting Fail2ban').first().waitFor();
  const file = join(stage.fail2ban.dir, 'fail2ban.log');
  appendFileSync(file, '2026-11-26 10:00:00,000 fail2ban.filter         [1]: ERROR   [sshd] <img src=x onerror=alert(1)>\u202ehostile\n');
  await log.getByText('<img src=x onerror=alert(1)>⟨U+202E⟩hostile').waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  appendFileSync(file, '2026-11-26 10:00:01,000 fail2ban.server         [1]: INFO    while paused\n');
  await page.getByLabel('Level', { exact: true }).selectOption('ERROR');
  await log.getByText('Starting Fail2ban').first().waitFor({ state: 'detached' });
  await log.getByText('hostile').waitFor();
  expect(new URL(page.url()).searchParams.get('level')).toBe('ERROR');
  await page.getByRole('button', { name: 'Follow' }).click();
  await page.getByLabel('Level', { exact: true }).selectOption('');
  await log.getByText('while paused').waitFor();
  await page.context().close();
});

test('fail2ban is restarted, and its jails and bans are back', async () => {
  stage.fail2ban.attack('203.0.113.77');
  await until(() => stage.fail2ban.isBanned('203.0.113.77'), 'there is a ban');
  const page = await stage.page('/server');
  await page.getByText(/1 ban is lifted for some seconds/).waitFor();
  await page.getByRole('button', { name: 'Restart…' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Restart', exact: true }).click();
  await page.getByText(/^fail2ban was restarted in/).waitFor();
  await page.getByText('2 jails run, 1 ban is back.').waitFor();
  expect(await stage.fail2ban.isBanned('203.0.113.77')).toBe(true);
  await page.context().close();
});

test('fail2ban that dies after a change is put back with one click, from any page', async () => {
  const page = await stage.page('/server');
  await page.getByLabel('Log lines kept with each ban').fill('3');
  await page.getByRole('button', { name: 'Review the change…' }).click();
  const dialog = page.getByRole('dialog', { name: "Settings of fail2ban's server" });
  await dialog.getByRole('button', { name: 'Apply', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  await stage.fail2ban.client('config-error', 'the reason of its end');
  await stage.fail2ban.crash();
  await page.goto(`${stage.url}/jails`);
  const banner = page.getByRole('region', { name: 'fail2ban fell after a change' });
  await banner.getByText(/^fail2ban ended/).waitFor();
  await banner.getByText('the reason of its end').waitFor();
  await banner.getByRole('button', { name: 'Put back what was there before' }).click();
  await page.getByText('What was there before is back, and fail2ban runs with it').first().waitFor();
  await banner.waitFor({ state: 'detached' });
  expect(await stage.fail2ban.client('get', 'dbmaxmatches')).toContain('10');
  expect(await stage.fail2ban.isBanned('203.0.113.77')).toBe(true);
  await page.context().close();
});
