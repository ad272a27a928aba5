import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { write } from './editor';
import { Stage } from './stage';
import { until } from './until';

let stage: Stage;
const complaints: string[] = [];

const file = (name: string) => join(stage.fail2ban.config, name);
const made = () => join(stage.fail2ban.dir, 'made.log');
const told = () => (existsSync(made()) ? readFileSync(made(), 'utf8') : '');

// Root of this machine allows what it runs itself: the other stages show what is without that.
beforeAll(async () => {
  stage = await Stage.open(complaints, { owner: 'configuration = code\nlog-folders = /tmp, /dev/shm\n' });
  // What a jail names as it banned: an action of its own, so that another one is a restart of the jail.
  writeFileSync(file('action.d/old.conf'), `[Definition]\nactionban = echo old <ip> >> ${made()}\nactionunban =\n`);
});

afterAll(async () => {
  await stage?.close();
  expect(complaints).toEqual([]);
});

// Pictures are for who looks at a change: BANGUI_SHOTS names a folder for them.
const shots = process.env.BANGUI_SHOTS;

async function picture(page: Page, name: string): Promise<void> {
  if (shots === undefined) return;
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: `${shots}/${name}.png` });
}

const jails = async () => (await stage.fail2ban.client('status')).split('list:')[1]?.trim() ?? '';

async function apply(page: Page): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('How long it is on trial').selectOption('0');
  await dialog.getByRole('button', { name: 'Apply', exact: true }).click();
  await page.getByLabel('How long it is on trial').waitFor({ state: 'detached' });
}

test('where root allows code, an action is made, used, changed and deleted; a broken one is never written', async () => {
  const page = await stage.page('/actions/old');
  expect(await page.getByText('so they can only be read here').count()).toBe(0);
  await page.getByRole('button', { name: 'Copy…' }).click();
  await page.getByLabel('Name').fill('mine');
  const action = `[Definition]\nactionban = echo mine <ip> >> ${made()}\nactionunban = echo gone <ip> >> ${made()}\n`;
  await write(page, 'action.d/mine.local', `${action}timeout\n`);
  await page.getByRole('button', { name: 'Check' }).click();
  await page.getByText('Line 4:').waitFor();
  expect(existsSync(file('action.d/mine.local'))).toBe(false);

  await write(page, 'action.d/mine.local', action);
  await page.keyboard.press('Control+s');
  await page.getByRole('dialog').getByText('+actionban = echo mine').waitFor();
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
  expect(violations.map((v) => v.id)).toEqual([]);
  await apply(page);
  await page.getByRole('heading', { name: 'mine' }).waitFor();
  expect(readFileSync(file('action.d/mine.local'), 'utf8')).toMatch(/^# Written by BanGUI\..*\n\[Definition\]\n/);

  // The jail takes it up: a reload would leave it without any action, so it is restarted, and says so before.
  await page.goto(`${stage.url}/jails/sshd?tab=settings`);
  await page.locator('[data-setting="banaction"]').getByRole('combobox').selectOption('mine');
  await page.getByRole('button', { name: 'Review…' }).click();
  await page.getByRole('dialog').getByText('sshd is restarted.').waitFor();
  await apply(page);
  stage.fail2ban.attack('203.0.113.41');
  await until(() => told().includes('mine 203.0.113.41'), 'the action was run');

  // One option by its form; what the package of fail2ban brought stays as it is.
  await page.goto(`${stage.url}/actions/mine`);
  await page.getByText('so they can only be read here').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Change actionban' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill(`echo changed <ip> >> ${made()}`);
  await page.getByRole('dialog').getByRole('button', { name: 'Review…' }).click();
  await page.getByRole('dialog').getByText('+actionban = echo changed').waitFor();
  await apply(page);
  stage.fail2ban.attack('203.0.113.42');
  await until(() => told().includes('changed 203.0.113.42'), 'the changed action was run');
  expect(await stage.fail2ban.isBanned('203.0.113.41')).toBe(true);

  // Used it can't be deleted; then it can, and nothing is left.
  await page.getByRole('button', { name: 'Delete…' }).and(page.locator(':disabled')).waitFor();
  await page.goto(`${stage.url}/jails/sshd?tab=settings`);
  await page
    .getByRole('button', { name: /^Reset .* to what it inherits$/ })
    .first()
    .click();
  await page.getByRole('button', { name: 'Review…' }).click();
  await apply(page);
  await page.goto(`${stage.url}/actions/mine`);
  await page.getByRole('button', { name: 'Delete…' }).click();
  await apply(page);
  await page.waitForURL('**/actions');
  expect(existsSync(file('action.d/mine.local'))).toBe(false);
  expect(await stage.fail2ban.isBanned('203.0.113.42')).toBe(true);
  await page.context().close();
}, 480_000);

test('what differs from the package is shown option by option and line by line', async () => {
  writeFileSync(file('action.d/old.local'), '# my own words\n[Definition]\nactionban = echo new <ip>\n');
  const page = await stage.page('/actions/old?tab=diff');
  await page.getByText('actionban = echo new <ip>').waitFor();
  expect(await page.getByText('# my own words').count()).toBe(0);
  await page.getByLabel('Line by line').check();
  await page.getByText('# my own words').waitFor();
  await page.context().close();
});

test('at three in the morning: an application of one’s own gets a filter and a jail, is broken, refused, taken back and restored', async () => {
  const log = join(stage.fail2ban.dir, 'app.log');
  writeFileSync(log, '');
  const page = await stage.page('/filters');
  await page.getByRole('button', { name: 'New filter' }).click();
  await page.getByRole('heading', { name: 'New filter' }).waitFor(); // the list has a field for names, too
  await page.getByLabel('Name', { exact: true }).fill('app');
  const filter = '[Definition]\nfailregex = ^\\s*app: login of \\S+ refused to <HOST>$\n';
  await write(page, 'filter.d/app.local', filter);

  // Another tab of the menu by mistake: nothing typed is lost.
  await page.getByRole('link', { name: 'Jails', exact: true }).click();
  const leaving = page.getByRole('alertdialog', { name: 'Leave without applying?' });
  await leaving.waitFor();
  await picture(page, 'leaving');
  await leaving.getByRole('button', { name: 'Cancel' }).click();
  // Somebody changes another file meanwhile: the change is told once, and what was typed stays.
  appendFileSync(file('jail.local'), '# a colleague was here\n');
  await page.getByRole('button', { name: 'Review and save…' }).click();
  await page
    .getByRole('dialog')
    .getByText(/Nothing was changed/)
    .waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Look at it again' }).click();
  await page.getByRole('textbox', { name: 'filter.d/app.local' }).getByText('refused to').waitFor();
  await page.getByRole('button', { name: 'Review and save…' }).click();
  await page.getByRole('dialog').getByText('+failregex').waitFor();
  await apply(page);
  await page.getByRole('heading', { name: 'app', exact: true }).waitFor();

  await page.goto(`${stage.url}/jails`);
  await page.getByRole('button', { name: 'Create a jail' }).click();
  const form = page.getByRole('dialog', { name: 'Create a jail' });
  await form.getByLabel('Name').fill('app');
  await form.getByLabel('Filter', { exact: true }).selectOption('app');
  await form.getByLabel('Paths of the logs').fill(`${log}x`);
  await picture(page, 'create-jail');
  await form.getByRole('button', { name: 'Review…' }).click();
  const review = page.getByRole('dialog', { name: 'Create the jail app' });
  await review.getByText(/Have not found any log file/).waitFor();
  await picture(page, 'create-refused');
  await review.getByRole('button', { name: 'Cancel' }).click();
  // It is as it was filled in, to be mended.
  expect(await form.getByLabel('Name').inputValue()).toBe('app');
  expect(await form.getByLabel('Filter', { exact: true }).inputValue()).toBe('app');
  await form.getByLabel('Paths of the logs').fill(log);
  await form.getByRole('button', { name: 'Review…' }).click();
  await review.getByText('app is started.').waitFor();
  await picture(page, 'create-review');
  await apply(page);
  await page.getByRole('heading', { name: 'app', exact: true }).waitFor();
  await until(async () => (await jails()).includes('app'), 'it runs');
  const now = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replace('T', ' ');
  appendFileSync(log, `${now} app: login of eve refused to 203.0.113.60\n`.repeat(3));
  await until(() => stage.fail2ban.isBanned('203.0.113.60', 'app'), 'it bans');

  // A slip in the filter is refused with its line; nothing is written.
  const before = readFileSync(file('filter.d/app.local'), 'utf8');
  await page.goto(`${stage.url}/filters/app?tab=source`);
  await page.getByRole('textbox', { name: 'filter.d/app.local' }).getByText('refused to').waitFor();
  await write(page, 'filter.d/app.local', filter.replace('<HOST>', '(<HOST>'));
  await page.getByRole('button', { name: 'Review and save…' }).click();
  await page.getByRole('dialog').getByText('fail2ban would not take it.').waitFor();
  await picture(page, 'filter-refused');
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  expect(readFileSync(file('filter.d/app.local'), 'utf8')).toBe(before);

  // One that matches nothing passes; on trial it goes by itself.
  await write(page, 'filter.d/app.local', filter.replace('refused', 'declined'));
  await page.getByRole('button', { name: 'Review and save…' }).click();
  await page.getByRole('dialog').getByLabel('How long it is on trial').selectOption('60');
  await page.getByRole('dialog').getByLabel(/^Why/).fill('half asleep');
  await page.getByRole('dialog').getByRole('button', { name: 'Apply on trial' }).click();
  const banner = page.getByRole('region', { name: 'Change on trial' });
  await banner.waitFor();
  await picture(page, 'on-trial');
  await banner.getByRole('button', { name: 'Take it back' }).click();
  await banner.waitFor({ state: 'detached' });
  expect(readFileSync(file('filter.d/app.local'), 'utf8')).toBe(before);
  await page.getByRole('textbox', { name: 'filter.d/app.local' }).getByText('refused to').waitFor();
  await picture(page, 'taken-back');
  expect(await stage.fail2ban.isBanned('203.0.113.60', 'app')).toBe(true);

  // A hand in the files is seen, put back; and an older version comes back.
  appendFileSync(file('jail.d/zz-bangui-app.local'), 'maxretry = 9\n');
  await page.goto(`${stage.url}/config/versions`);
  const drift = page.getByRole('region', { name: 'Changed by hand' });
  await drift.waitFor();
  await picture(page, 'drift');
  await drift.getByRole('button', { name: 'Put it back…' }).click();
  await page.getByRole('dialog').getByText('-maxretry = 9').waitFor();
  await apply(page);
  await drift.waitFor({ state: 'detached' });
  await page.getByText('half asleep').waitFor();
  await picture(page, 'versions');
  await page.getByRole('button', { name: 'Restore version 2' }).click();
  await page.getByRole('dialog').getByText('app is stopped.').waitFor();
  await picture(page, 'restore');
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  expect(readdirSync(file('jail.d')).filter((name) => name.startsWith('zz-bangui'))).toEqual(['zz-bangui-app.local']);
  await page.context().close();
}, 480_000);
