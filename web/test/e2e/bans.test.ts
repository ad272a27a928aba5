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

test('a ban appears without a reload, is lifted on the page, and fail2ban agrees', async () => {
  const page = await stage.page('/bans');
  await page.getByText('Nobody is banned now.').waitFor();
  stage.fail2ban.attack('203.0.113.7');
  const row = page.getByRole('row').filter({ hasText: '203.0.113.7' });
  await row.waitFor();
  expect(await stage.fail2ban.isBanned('203.0.113.7')).toBe(true);
  expect(await row.getByRole('gridcell').allInnerTexts()).toContain('sshd');

  await row.getByRole('checkbox').click();
  await page.getByRole('toolbar').getByRole('button', { name: 'Unban' }).click();
  await page.getByText('203.0.113.7 unbanned in sshd').first().waitFor();
  await page.getByRole('button', { name: 'Undo' }).hover(); // so it stays while fail2ban is asked
  await until(async () => !(await stage.fail2ban.isBanned('203.0.113.7')), 'fail2ban has lifted it');

  await page.keyboard.press('Control+z');
  await until(() => stage.fail2ban.isBanned('203.0.113.7'), 'undo has banned it again');
  await page.context().close();
});

test('on a phone what is new lies over no button for what is chosen', async () => {
  const page = await stage.page('/bans', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  await page.getByRole('row').filter({ hasText: '203.0.113.7' }).getByRole('checkbox').click();
  stage.fail2ban.attack('203.0.113.8');
  await page.getByRole('button', { name: /^\d new$/ }).waitFor();
  for (const name of ['Unban', 'Copy', 'Clear selection'])
    await page.getByRole('toolbar').getByRole('button', { name }).click({ trial: true });
  await page.context().close();
});

test('the live feed on the overview shows failures and the ban, and can be held', async () => {
  const page = await stage.page('/');
  const feed = page.getByRole('log');
  stage.fail2ban.attack('203.0.113.20');
  await feed.getByText('203.0.113.20').first().waitFor();
  await feed.locator('div', { hasText: '203.0.113.20' }).getByText('Banned').first().waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  stage.fail2ban.attack('203.0.113.21');
  await page.getByRole('button', { name: /Go on \(\d+ new\)/ }).waitFor();
  expect(await feed.getByText('203.0.113.21').count()).toBe(0);
  await page.getByRole('button', { name: /Go on/ }).click();
  await feed.getByText('203.0.113.21').first().waitFor();
  await page.context().close();
});

test('the dialog refuses this machine and the caller before anything can be pressed', async () => {
  const page = await stage.page('/bans');
  await page.getByRole('button', { name: 'Ban an address', exact: true }).click();
  const dialog = page.getByRole('dialog');
  const press = dialog.getByRole('button', { name: /^Ban/ });
  await dialog.getByLabel('Addresses or networks').fill('127.0.0.1');
  await dialog.getByText('refused').first().waitFor();
  expect(await press.isDisabled()).toBe(true);

  await dialog.getByLabel('Addresses or networks').fill('198.18.0.0/15');
  await dialog.getByText('needs a second yes').waitFor();
  expect(await press.isDisabled()).toBe(true);
  await dialog.getByRole('checkbox', { name: /131,072 addresses/ }).check();
  await dialog.getByText('will be banned').waitFor();

  await dialog.getByLabel('Addresses or networks').fill('203.0.113.30, 2001:db8::30');
  await dialog.getByText('will be banned').nth(1).waitFor();
  await dialog.getByLabel('Reason').fill('scans <b>all</b> night');
  await dialog.getByRole('button', { name: 'Ban 2 addresses' }).click();
  await page.getByText('2 addresses banned').first().waitFor();
  expect(await stage.fail2ban.isBanned('203.0.113.30')).toBe(true);
  expect(await stage.fail2ban.isBanned('2001:db8::30')).toBe(true);
  expect(await stage.fail2ban.isBanned('127.0.0.1')).toBe(false);

  await page.goto(`${stage.url}/address/203.0.113.30`);
  await page.getByText('scans <b>all</b> night').first().waitFor();
  await page.context().close();
});

test('hostile text of a log line is plain text, and nothing in it is a link', async () => {
  const user = '<img src=x onerror=alert(1)>\u001b[31m http://evil.example/ <F2B_END_COMMAND>';
  stage.fail2ban.attack('203.0.113.66', user);
  await until(() => stage.fail2ban.isBanned('203.0.113.66'), 'the hostile one is banned');
  const page = await stage.page('/address/203.0.113.66');
  await page
    .getByText(/Failed password for invalid user <img src=x onerror=alert\(1\)>⟨U\+001B⟩\[31m http:\/\/evil\.example\/ <F2B_END_COMMAND>/)
    .first()
    .waitFor();
  expect(await page.locator('img, a[href*="evil"]').count()).toBe(0);
  await page.context().close();
});

test('a line of a megabyte, bytes that are no text, and an id that is markup are plain text on every page', async () => {
  const { fail2ban } = stage;
  const markup = '<img src=x>';
  const escapes = 'red\u001b[31m';
  await fail2ban.client('set', 'many', 'banip', markup, escapes);
  fail2ban.attack('203.0.113.67', Buffer.from([0x61, 0xff, 0xfe, 0x80, 0xc3, 0x28, 0x7a]));
  fail2ban.attack('203.0.113.68', 'A'.repeat(1_000_000));
  for (const address of ['203.0.113.67', '203.0.113.68']) await until(() => fail2ban.isBanned(address), `${address} is banned`, 60_000);

  const page = await stage.page('/');
  page.on('dialog', (dialog) => complaints.push(`a dialog: ${dialog.message()}`));
  await page.locator('main').getByText('red⟨U+001B⟩[31m').first().waitFor();
  const places = [
    ['/', markup],
    ['/bans', markup],
    ['/bans?q=%3Cimg', markup],
    [`/address/${encodeURIComponent(markup)}`, markup],
    ['/address/203.0.113.67', 'invalid user a'],
    ['/address/203.0.113.68', 'AAAAAAAA'],
    ['/jails/many', 'Banned now'],
  ] as const;
  for (const [path, text] of places) {
    await page.goto(stage.url + path);
    await page.locator('main').getByText(text).first().waitFor();
    expect(await page.locator('main img, main script, main a[href^="javascript"]').count(), path).toBe(0);
    const all = (await page.locator('main').textContent()) ?? '';
    expect(all.length, path).toBeLessThan(100_000);
    expect(all, path).not.toMatch(/(?!\s)\p{Cc}|[\u202a-\u202e]/u);
  }
  await page.context().close();
}, 120_000);

test('the jail for bans by hand is shown as a diff, added, and removed without a trace', async () => {
  const page = await stage.page('/jails');
  const card = page.getByRole('region', { name: 'A jail for bans by hand' });
  await card.getByRole('button', { name: 'Show what would change…' }).click();
  await page.getByText('+[manual]').waitFor();
  expect(await stage.fail2ban.client('status')).not.toContain('manual');
  await page.getByRole('button', { name: 'Add and start the jail' }).click();
  await page.getByRole('row').filter({ hasText: 'manual' }).waitFor();
  expect(await stage.fail2ban.client('status')).toContain('manual');
  await card.getByRole('button', { name: 'Remove…' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove the jail' }).click();
  await card.getByRole('button', { name: 'Show what would change…' }).waitFor();
  await until(async () => !(await stage.fail2ban.client('status')).includes('manual'), 'the jail is gone');
  await page.context().close();
});

test('a jail is paused with a way back, and stopped only after a question', async () => {
  const page = await stage.page('/jails/many');
  await page.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: 'Pause' }).click();
  await page
    .getByText(/^.Paused$/)
    .first()
    .waitFor();
  await page.keyboard.press('Control+z');
  await page
    .getByText(/^.Running$/)
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: 'Stop…' }).click();
  const question = page.getByRole('alertdialog');
  await question.waitFor();
  expect(await question.getByRole('button', { name: 'Cancel' }).evaluate((e) => e === document.activeElement)).toBe(true);
  await question.getByRole('button', { name: 'Stop the jail' }).click();
  await page
    .getByText(/^.Not running$/)
    .first()
    .waitFor();
  expect(await stage.fail2ban.client('status')).not.toContain('many');
  await page.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: 'Start' }).click();
  await page
    .getByText(/^.Running$/)
    .first()
    .waitFor();
  await page.context().close();
});
