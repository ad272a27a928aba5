import { afterAll, beforeAll, expect, test } from 'vitest';
import { admin, Stage } from './stage';
import { until } from './until';

let stage: Stage;
const complaints: string[] = [];
// It leads some seconds after its start.
const leads = 40_000;

beforeAll(async () => {
  stage = await Stage.open(complaints);
});

afterAll(async () => {
  await stage?.close();
  expect(complaints).toEqual([]);
});

test('a job is run from the page, and its run is there without a reload', async () => {
  const page = await stage.page('/jobs');
  await page.getByRole('button', { name: /^Background jobs: Jobs run here/ }).waitFor({ timeout: leads });
  const heartbeat = page.getByRole('row').filter({ hasText: 'scheduler_lock_heartbeat' });
  await heartbeat.getByText('system', { exact: true }).waitFor();
  await page.getByRole('row').filter({ hasText: 'trim-audit' }).getByText('not yet').waitFor();
  await page.getByRole('button', { name: 'Actions for trim-audit' }).click();
  await page.getByRole('menuitem', { name: 'Run now' }).click();
  await page.getByText('trim-audit was asked for').first().waitFor();
  await page.getByRole('row').filter({ hasText: 'trim-audit' }).getByText('Done').waitFor();
  await page.getByRole('link', { name: 'trim-audit' }).click();
  await page.getByRole('heading', { level: 1, name: 'trim-audit' }).waitFor();
  await page
    .getByRole('row')
    .filter({ hasText: `asked for by ${admin.username}` })
    .getByText('Done')
    .waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'Let it run again' }).waitFor();
  await page.keyboard.press('Control+z');
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  await page.context().close();
});

test('a ban that was given its own end ends by itself, and every open page shows it', async () => {
  const page = await stage.page('/bans');
  const overview = await stage.page('/');
  await page.getByRole('button', { name: /^Background jobs: Jobs run here/ }).waitFor({ timeout: leads });
  await page.getByRole('button', { name: 'Ban an address', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Addresses or networks').fill('203.0.113.60');
  await dialog.getByText('will be banned').waitFor();
  await dialog.getByRole('radio', { name: /^sshd/ }).check();
  await dialog.getByLabel('How long').selectOption('own');
  await dialog.getByLabel('Time', { exact: true }).fill('12');
  await dialog.getByLabel('Unit').selectOption('seconds');
  await dialog.getByText(/sshd bans for 10 min: BanGUI lifts it/).waitFor();
  await dialog.getByRole('button', { name: 'Ban', exact: true }).click();
  const row = page.getByRole('row').filter({ hasText: '203.0.113.60' });
  await row.getByText('own end').waitFor();
  await row.getByText(/^in \d+ sec\./).waitFor();
  expect(await stage.fail2ban.isBanned('203.0.113.60')).toBe(true);
  await overview
    .getByRole('log')
    .getByText(/until \d\d:\d\d:\d\d \(own end\)/)
    .first()
    .waitFor();

  await until(async () => !(await stage.fail2ban.isBanned('203.0.113.60')), 'fail2ban has it no more', 40_000);
  await until(async () => (await row.count()) === 0 || (await row.getByText('ran out').count()) > 0, 'the list shows it');
  await overview.getByRole('log').getByText('ran out').first().waitFor();
  await page.goto(`${stage.url}/address/203.0.113.60`);
  await page.getByText('Not banned by fail2ban now.').waitFor();
  await overview.context().close();
  await page.context().close();
});

test('taking the jobs away wants a reason and the password, and is on record', async () => {
  const page = await stage.page('/jobs');
  const take = page.getByRole('button', { name: 'Take away…' });
  await take.waitFor({ timeout: leads });
  stage.forgetPasswords();
  await take.click();
  const dialog = page.getByRole('dialog', { name: 'Take the background jobs away?' });
  expect(await dialog.getByRole('button', { name: 'Take away' }).isDisabled()).toBe(true);
  await dialog.getByLabel('Reason').fill('it <b>hangs</b>');
  await dialog.getByRole('button', { name: 'Take away' }).click();
  const proof = page.getByRole('dialog', { name: 'Is it still you?' });
  await proof.getByLabel(`Password of ${admin.username}`).fill(admin.password);
  await proof.getByRole('button', { name: 'Go on' }).click();
  await page
    .getByText(/^The background jobs were taken away from process \d+/)
    .first()
    .waitFor();
  const change = page.getByRole('listitem').filter({ hasText: 'Taken away' });
  await change.getByText('it <b>hangs</b>').waitFor();
  await page.context().close();
});
