import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Stage } from './stage';
import { until } from './until';

let stage: Stage;
const complaints: string[] = [];
const reason = '=HYPERLINK("http://evil.example") <b>all</b> night';

beforeAll(async () => {
  stage = await Stage.open(complaints);
  const page = await stage.page('/bans');
  await page.getByRole('button', { name: 'Ban an address', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Addresses or networks').fill('203.0.113.50');
  await dialog.getByText('will be banned').waitFor();
  await dialog.getByLabel('Reason').fill(reason);
  await dialog.getByRole('button', { name: 'Ban', exact: true }).click();
  await until(() => stage.fail2ban.isBanned('203.0.113.50'), 'fail2ban has it');
  await stage.signIn('stranger', 'not the password').catch(() => undefined);
  await page.context().close();
});

afterAll(async () => {
  await stage?.close();
  expect(complaints).toEqual([]);
});

test('the audit log says who banned whom, from where, and what came of it', async () => {
  const page = await stage.page('/audit');
  const row = page.getByRole('row').filter({ hasText: '203.0.113.50' });
  await row.waitFor();
  const cells = await row.getByRole('gridcell').allTextContents();
  expect(cells.slice(1, 3)).toEqual(['anna', 'Ban']);
  expect(cells[5]).toMatch(/^(127\.0\.0\.1|::1)$/);
  await row.getByText('Done').waitFor();
  await row.click();
  const detail = page.getByRole('dialog', { name: /^Entry \d+/ });
  await detail.getByText('ban.create').waitFor();
  await detail
    .getByText(/203\.0\.113\.50 in sshd/)
    .first()
    .waitFor();
  await page.keyboard.press('Escape');
  const refused = page.getByRole('row').filter({ hasText: 'Sign-in' }).filter({ hasText: 'Refused' });
  await refused.first().waitFor();
  await page.context().close();
});

test('each filter is an address of the page, and an empty list says so', async () => {
  const page = await stage.page('/audit');
  await page.getByRole('row').filter({ hasText: '203.0.113.50' }).waitFor();
  await page.getByRole('button', { name: 'Refused' }).click();
  await page.getByRole('row').filter({ hasText: '203.0.113.50' }).waitFor({ state: 'detached' });
  expect(new URL(page.url()).search).toBe('?outcome=refused');
  await page.getByRole('button', { name: 'All', exact: true }).click();
  await page.getByLabel('What', { exact: true }).selectOption('Bans');
  await page.getByLabel('Who', { exact: true }).fill('anna');
  await until(() => new URL(page.url()).search === '?actor=anna&action=ban', 'both are in the address');
  await page.getByRole('row').filter({ hasText: '203.0.113.50' }).waitFor();
  await page.getByLabel('from').fill('2999-01-01');
  await page.getByText('No entries like that.').waitFor();
  await page.reload();
  await page.getByText('No entries like that.').waitFor();
  expect(await page.getByLabel('from').inputValue()).toBe('2999-01-01');
  await page.getByRole('button', { name: 'Clear filter' }).click();
  await page.getByRole('row').filter({ hasText: '203.0.113.50' }).waitFor();
  expect(new URL(page.url()).search).toBe('');
  await page.context().close();
});

test('an export holds what the filter shows, and nothing that a spreadsheet would run', async () => {
  const page = await stage.page('/audit?action=ban');
  await page.getByRole('row').filter({ hasText: '203.0.113.50' }).waitFor();
  const saved = async (name: string) => {
    const file = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('menuitem', { name }).click();
    const path = await (await file).path();
    return readFileSync(path, 'utf8');
  };
  const csv = await saved('As CSV');
  expect(csv).toContain('203.0.113.50');
  expect(csv).not.toContain('auth.login');
  expect(csv).not.toMatch(/(^|,)"?=/m);
  const lines = (await saved('As NDJSON')).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).action).every((action: string) => action.startsWith('ban.'))).toBe(true);
  await page.context().close();
});

test('a log that was changed by hand is found out', async () => {
  const page = await stage.page('/audit');
  await page.getByRole('row').filter({ hasText: '203.0.113.50' }).waitFor();
  await page.getByRole('button', { name: 'Verify' }).click();
  await page.getByText(/entries verified: none was changed, none is missing/).waitFor();

  // Whoever has the database file can drop what guards it.
  const forge =
    "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], timeout=10); [db.execute(f'DROP TRIGGER {n}') for (n,) in db.execute(\"SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name LIKE 'audit%'\").fetchall()]; db.execute(\"UPDATE audit SET target = 'nobody' WHERE action = 'ban.create'\"); db.commit()";
  execFileSync('python3', ['-c', forge, join(stage.data, 'bangui.db')]);
  await page.getByRole('button', { name: 'Verify' }).click();
  await page
    .getByRole('alert')
    .getByText(/The log is not what was written/)
    .waitFor();
  await page.context().close();
});
