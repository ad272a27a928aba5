import { readFileSync } from 'node:fs';
import type { Cookie } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { admin, Stage } from './stage';
import { until } from './until';

let stage: Stage;
let cookies: Cookie[];
const complaints: string[] = [];
const address = '203.0.113.7';
const user = '<b>mallory</b>';

beforeAll(async () => {
  stage = await Stage.open(complaints);
  ({ cookies } = await stage.signIn(admin.username, admin.password));
  stage.fail2ban.attack(address, user);
  stage.fail2ban.attack('198.51.100.23', 'root');
  for (const one of [address, '198.51.100.23']) await until(() => stage.fail2ban.isBanned(one), `${one} is banned`);
  // A ban that is lifted before its lines are copied leaves none: fail2ban forgets them with it.
  await until(linesAreCopied, 'the log lines of the ban are in the archive');
  await stage.fail2ban.client('set', 'sshd', 'unbanip', address);
  await until(async () => !(await stage.fail2ban.isBanned(address)), 'its ban is lifted');
});

async function linesAreCopied(): Promise<boolean> {
  const headers = { Cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') };
  const answer = await fetch(`${stage.url}/api/v1/bans?state=all&text=mallory`, { headers });
  return (await answer.text()).includes(address);
}

afterAll(async () => {
  await stage?.close();
  expect(complaints).toEqual([]);
});

test('a ban that is over is found by jail and by its log line, opens with it, and is in the export', async () => {
  const page = await stage.page('/bans');
  await page.getByRole('link', { name: 'History' }).click();
  const row = page.getByRole('row').filter({ hasText: address });
  // The archive learns of bans a moment after they end: asked until it has.
  await until(async () => {
    await page.getByRole('button', { name: 'Ask again' }).click();
    await row.first().waitFor();
    return (await row.filter({ hasText: 'lifted' }).count()) > 0;
  }, 'the end of the ban is recorded');

  await page.getByLabel('Jail', { exact: true }).selectOption('sshd');
  await page.getByRole('button', { name: 'Ended' }).click();
  await page.getByLabel('Text in log lines').fill('MALLORY');
  await until(() => new URL(page.url()).search === '?state=ended&jail=sshd&text=MALLORY', 'the filters are in the address');
  await row.waitFor();
  expect(await page.getByRole('row').filter({ hasText: '198.51.100.23' }).count()).toBe(0);

  await row.getByText('lifted').click();
  const detail = page.getByRole('dialog', { name: `Ban of ${address}` });
  await detail.getByText(`invalid user ${user} from ${address}`).first().waitFor();
  expect(await detail.locator('b').count()).toBe(0);
  await page.reload();
  await detail.getByText(`invalid user ${user} from ${address}`).first().waitFor();
  await page.keyboard.press('Escape');
  await detail.waitFor({ state: 'detached' });

  const file = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export' }).click();
  await page.getByRole('menuitem', { name: 'As CSV' }).click();
  const csv = readFileSync(await (await file).path(), 'utf8');
  expect(csv).toContain(address);
  expect(csv).not.toContain('198.51.100.23');

  await page.getByLabel('Text in log lines').fill('nobody wrote that');
  await page.getByText('No ended bans in jail sshd with “nobody wrote that” in a log line.').waitFor();
  await page.getByRole('button', { name: 'Clear filter' }).click();
  const other = page.getByRole('row').filter({ hasText: '198.51.100.23' });
  await other.waitFor();
  expect(new URL(page.url()).search).toBe('');
  await page.getByRole('img', { name: /^Chart of \d+ bans?$/ }).waitFor();

  await other.getByRole('button', { name: /^Actions for/ }).click();
  await page.getByRole('menuitem', { name: 'Without jail sshd' }).click();
  await page.getByText('No bans without what is left out.').waitFor();
  expect(new URL(page.url()).search).toBe('?not=jail%3Asshd');
  await page.reload();
  await page.getByRole('button', { name: 'Remove filter: without jail sshd' }).click();
  await other.waitFor();
  await page.context().close();
});

test('a filter is saved by keyboard, found again after a new sign-in, renamed, and deleted', async () => {
  const page = await stage.page('/history?state=ended&jail=sshd&range=7d&not=origin%3Amanual');
  await page.getByRole('row').filter({ hasText: address }).first().waitFor();
  await page.getByRole('button', { name: 'Saved filters' }).focus();
  await page.keyboard.press('ArrowDown');
  await page.getByRole('menuitem', { name: 'Save this filter…' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Save filter' }).getByLabel('Name').waitFor();
  await page.keyboard.type('<b>Week</b>');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Saved filter: <b>Week</b>' }).waitFor();
  await page.context().close();

  const later = await stage.page('/history');
  await later.getByRole('button', { name: 'Saved filters' }).click();
  await later.getByRole('menuitemcheckbox', { name: '<b>Week</b>', checked: false }).click();
  const wanted = '?state=ended&jail=sshd&range=7d&not=origin%3Amanual';
  await until(() => new URL(later.url()).search === wanted, 'the filter is in the address');
  await later.getByRole('button', { name: 'Saved filter: <b>Week</b>' }).click();
  await later.getByRole('menuitemcheckbox', { name: '<b>Week</b>', checked: true }).waitFor();
  await later.getByRole('menuitem', { name: 'Rename or delete…' }).click();
  const dialog = later.getByRole('dialog', { name: 'Saved filters' });
  await dialog.getByRole('button', { name: 'Rename <b>Week</b>' }).click();
  await dialog.getByLabel('New name').fill('week');
  await later.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'Delete week' }).click();
  await dialog.getByText('No saved filters.').waitFor();
  await later.getByRole('button', { name: 'Undo' }).click();
  await dialog.getByRole('button', { name: 'Delete week' }).waitFor();
  await later.context().close();
});
