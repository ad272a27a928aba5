import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Stage } from './stage';
import { until } from './until';

let stage: Stage;
const complaints: string[] = [];

beforeAll(async () => {
  stage = await Stage.open(complaints);
  const { config, authLog } = stage.fail2ban;
  writeFileSync(join(config, 'action.d', 'lame.conf'), '[Definition]\nactionstart = false\nactionban = true\nactionunban = true\n');
  writeFileSync(
    join(config, 'jail.d', 'more.conf'),
    `[calm]\nfilter = sshd\nlogpath = ${authLog}\n[lame]\nfilter = sshd\naction = lame\nlogpath = ${authLog}\n`,
  );
});

afterAll(async () => {
  await stage?.close();
  expect(complaints).toEqual([]);
});

/** What BanGUI has written into the folder of jails. */
const ours = () => readdirSync(join(stage.fail2ban.config, 'jail.d')).filter((name) => name.startsWith('zz-bangui'));

const jails = async () => (await stage.fail2ban.client('status')).split('list:')[1]?.trim() ?? '';

const setting = (page: Page, option: string) => page.locator(`[data-setting="${option}"]`);

/** Applies what is looked at, whatever its trial. */
async function apply(page: Page, trial: 'on trial' | 'at once'): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('How long it is on trial').selectOption(trial === 'on trial' ? '600' : '0');
  await dialog.getByRole('button', { name: /^Apply/ }).click();
}

test('a setting is changed with a look first, is on trial over every page, and goes back to what it inherits', async () => {
  stage.fail2ban.attack('203.0.113.7');
  await until(() => stage.fail2ban.isBanned('203.0.113.7'), 'it is banned');
  const page = await stage.page('/jails/sshd?tab=settings');
  const bantime = setting(page, 'bantime');
  await bantime.getByText('Counts now: 10 min (for all jails: jail.local, line 6)').waitFor();
  await bantime.getByLabel('Bans for').fill('2h 30m');
  await bantime.getByText('that is 2 hr 30 min').waitFor();
  await page.keyboard.press('Control+s');
  const dialog = page.getByRole('dialog', { name: 'Settings of sshd' });
  await dialog.getByText('sshd is reloaded.').waitFor();
  await dialog.getByText('+bantime = 9000').waitFor();
  await dialog.getByLabel('Why (for the audit log)').fill('they come back');
  await apply(page, 'on trial');

  const banner = page.getByRole('region', { name: 'Change on trial' });
  await banner.waitFor();
  expect((await stage.fail2ban.client('get', 'sshd', 'bantime')).trim()).toBe('9000');
  await page.goto(`${stage.url}/bans`);
  await page.reload();
  await banner.getByText(/taken back in \d/).waitFor();
  await banner.getByRole('button', { name: 'Keep it' }).click();
  await banner.waitFor({ state: 'detached' });

  await page.goto(`${stage.url}/jails/sshd?tab=settings`);
  await bantime.getByText('Counts now: 2 hr 30 min (jail.d/zz-bangui-sshd.local, line 4)').waitFor();
  await bantime.getByText('Inherited: 10 min (for all jails: jail.local, line 6)').waitFor();
  await page.getByLabel('Changed here only').check();
  expect(await page.locator('[data-setting]').count()).toBe(1);
  await bantime.getByRole('button', { name: 'Reset Bans for to what it inherits' }).click();
  await page.getByRole('button', { name: 'Review…' }).click();
  await apply(page, 'at once');
  await page.getByText('Applied; fail2ban runs with it').first().waitFor();
  await until(async () => (await stage.fail2ban.client('get', 'sshd', 'bantime')).trim() === '600', 'it is as before');
  expect(ours()).toEqual([]);
  expect(await stage.fail2ban.isBanned('203.0.113.7')).toBe(true);
  await page.context().close();
});

test('what makes a plain reload lose every jail is an error on the page, and loses nothing', async () => {
  const page = await stage.page('/jails/sshd?tab=settings');
  const review = page.getByRole('button', { name: 'Review…' });
  for (const [option, text, error] of [
    ['bantime', '1yr', 'This is no time such as 600, 10m, 2h or 1d 12h.'],
    ['maxretry', '5 # five', 'This is no whole number.'],
  ] as const) {
    await setting(page, option).getByRole('textbox').or(setting(page, option).getByRole('combobox')).fill(text);
    await setting(page, option).getByText(error).waitFor();
    expect(await review.isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Drop them' }).click();
  }
  for (const [option, text, error] of [
    ['failregex', '^(x <HOST>', /fail2ban would not take it\..*failed at/],
    ['logencoding', 'nonsense', /fail2ban would not take it\..*nonsense/],
    ['logpath', '/var/log/nowhere-at-all.log', /fail2ban would not take it\..*Have not found any log file/],
    ['logpath', '/etc/passwd', /This machine does not allow it\..*not in a folder for logs/],
  ] as const) {
    await setting(page, option).getByRole('textbox').or(setting(page, option).getByRole('combobox')).fill(text);
    await review.click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('alert').getByText(error).waitFor();
    expect(await dialog.getByRole('button', { name: 'Apply' }).isDisabled()).toBe(true);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Drop them' }).click();
  }
  expect(await jails()).toBe('many, sshd');
  expect(await stage.fail2ban.isBanned('203.0.113.7')).toBe(true);
  expect(ours()).toEqual([]);
  await page.context().close();
});

test('an inactive jail is found and activated; one that does not run as it should is taken back', async () => {
  const page = await stage.page('/jails');
  await page.getByRole('button', { name: /^Inactive \d\d/ }).click();
  await page.getByLabel('Name of a jail').fill('calm');
  await page.getByRole('link', { name: 'calm' }).click();
  await page.getByRole('heading', { name: 'This jail is inactive' }).waitFor();
  await page.getByRole('button', { name: 'Activate…' }).click();
  await page.getByRole('dialog', { name: 'Activate calm' }).getByText('calm is started.').waitFor();
  await apply(page, 'at once');
  await page.getByText('Banned since it started').waitFor();
  await page.getByText('Applied; fail2ban runs with it').first().waitFor();
  expect(await jails()).toBe('calm, many, sshd');
  expect(ours()).toEqual(['zz-bangui-calm.local']);

  await page.goto(`${stage.url}/jails/lame`);
  await page.getByRole('button', { name: 'Activate…' }).click();
  await page.getByRole('dialog', { name: 'Activate lame' }).getByText('lame is started.').waitFor();
  await apply(page, 'at once');
  await page
    .getByRole('alert')
    .getByText(
      /It was not applied\. The jail lame runs, but not as it should.*Failed to start jail 'lame'.*everything was put back as it was/,
    )
    .waitFor();
  expect(await jails()).toBe('calm, many, sshd');
  expect(ours()).toEqual(['zz-bangui-calm.local']);
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();

  // It is no version, since no file differs; who tried it, and what fail2ban said, is in the audit log.
  await page.goto(`${stage.url}/config/versions`);
  await page.getByRole('link', { name: 'What failed and was put back stands in the audit log.' }).click();
  await page
    .getByRole('row')
    .filter({ hasText: 'lame' })
    .filter({ hasText: /Refused|Failed/ })
    .first()
    .click();
  await page
    .getByText(/Failed to start jail 'lame'.*everything was put back as it was/)
    .first()
    .waitFor();

  await page.goto(`${stage.url}/jails/calm`);
  await page.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: 'Deactivate…' }).click();
  await page.getByRole('dialog').getByText('calm is stopped.').waitFor();
  await apply(page, 'at once');
  await until(async () => (await jails()) === 'many, sshd' && ours().length === 0, 'it is as it was found');
  expect(await stage.fail2ban.isBanned('203.0.113.7')).toBe(true);
  await page.context().close();
});

test('who comes second is told, looks again, and has what was typed', async () => {
  const page = await stage.page('/jails/sshd?tab=settings');
  await setting(page, 'maxretry').getByLabel('Failures until a ban').fill('7');
  writeFileSync(join(stage.fail2ban.config, 'jail.d', 'other.local'), '[sshd]\nfindtime = 20m\n');
  await page.getByRole('button', { name: 'Review…' }).click();
  await page
    .getByRole('alert')
    .getByText(/Nothing was changed\. Somebody changed/)
    .waitFor();
  await page.getByRole('button', { name: 'Look at it again' }).click();
  await setting(page, 'findtime').getByText('Counts now: 20 min (jail.d/other.local, line 2)').waitFor();
  await page.getByRole('button', { name: 'Review…' }).click();
  await page.getByRole('dialog').getByText('+maxretry = 7').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  // A tab of the jail keeps what was typed; another page asks first.
  await page.getByRole('link', { name: 'Log sources' }).click();
  await page.getByRole('link', { name: /^Settings/ }).click();
  await page.getByRole('link', { name: 'Bans', exact: true }).click();
  const leaving = page.getByRole('alertdialog', { name: 'Leave without applying?' });
  await leaving.getByRole('button', { name: 'Cancel' }).click();
  expect(await setting(page, 'maxretry').getByRole('textbox').inputValue()).toBe('7');
  await page.getByRole('link', { name: 'Bans', exact: true }).click();
  await leaving.getByRole('button', { name: 'Leave' }).click();
  await page.waitForURL('**/bans');
  await page.context().close();
});

test('the jail for blocklists is one file of ours, and deleting it leaves fail2ban as it was found', async () => {
  const page = await stage.page('/jails');
  const before = await jails();
  await page
    .getByRole('region', { name: 'A jail for imported blocklists' })
    .getByRole('button', { name: 'Show what would change…' })
    .click();
  await page.getByRole('dialog').getByText('+banaction = %(banaction_allports)s').waitFor();
  await apply(page, 'at once');
  await page.getByRole('link', { name: 'Show the jail blocklist-import' }).click();
  await until(async () => (await jails()).includes('blocklist-import'), 'it runs');
  expect((await stage.fail2ban.client('get', 'blocklist-import', 'bantime')).trim()).toBe('604800');
  await page.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  await page.getByRole('dialog', { name: 'Delete the jail blocklist-import' }).getByText('blocklist-import is stopped.').waitFor();
  await apply(page, 'at once');
  await page.waitForURL('**/jails');
  expect(await jails()).toBe(before);
  expect(ours()).toEqual([]);
  await page.context().close();
});
