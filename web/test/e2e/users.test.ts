import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { admin, endsAtOnce, Stage } from './stage';
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

const word = 'four other plain words';

test('what reaches far asks for the password once, and then does what was asked', async () => {
  const page = await stage.page('/users', { storageState: await stage.signIn(admin.username, admin.password) });
  await page.getByRole('row').filter({ hasText: admin.username }).waitFor();
  stage.forgetPasswords();
  await page.getByRole('button', { name: 'Add a user' }).click();
  await page.getByLabel('User name').fill('watcher');
  await page.getByLabel('First password').fill(word);
  await page.getByRole('button', { name: 'Add the user' }).click();
  const proof = page.getByRole('dialog', { name: 'Is it still you?' });
  const field = proof.getByLabel(`Password of ${admin.username}`);
  await until(() => field.evaluate((e) => e === document.activeElement), 'the field has the focus');
  await field.fill('not the password');
  await page.keyboard.press('Enter');
  await proof.getByText('The password is wrong.').waitFor();
  expect(await page.getByText('watcher may sign in now').count()).toBe(0);
  await field.fill(admin.password);
  await proof.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('watcher may sign in now').first().waitFor();
  await page.getByRole('row').filter({ hasText: 'watcher' }).waitFor();

  // Fresh now: the next one goes through by itself.
  await page.getByRole('button', { name: 'Add a user' }).click();
  await page.getByLabel('User name').fill('keeper');
  await page.getByRole('radio', { name: /Operator/ }).check();
  await page.getByLabel('First password').fill(word);
  await page.getByRole('button', { name: 'Add the user' }).click();
  await page.getByRole('row').filter({ hasText: 'keeper' }).waitFor();
  await page.context().close();
});

test('who does not give the password has changed nothing', async () => {
  const page = await stage.page('/users');
  await page.getByRole('row').filter({ hasText: admin.username }).waitFor();
  stage.forgetPasswords();
  await page.getByRole('button', { name: 'Add a user' }).click();
  await page.getByLabel('User name').fill('mallory');
  await page.getByLabel('First password').fill(word);
  await page.getByRole('button', { name: 'Add the user' }).click();
  const proof = page.getByRole('dialog', { name: 'Is it still you?' });
  await proof.getByRole('button', { name: 'Cancel' }).click();
  await proof.waitFor({ state: 'detached' });
  expect(await page.getByRole('dialog', { name: 'Add a user' }).getByLabel('User name').inputValue()).toBe('mallory');
  await page.reload();
  await page.getByRole('row').filter({ hasText: admin.username }).waitFor();
  expect(await page.getByRole('row').filter({ hasText: 'mallory' }).count()).toBe(0);
  await page.context().close();
});

test('a viewer is offered nothing that he may not do', async () => {
  stage.fail2ban.attack('203.0.113.40');
  await until(() => stage.fail2ban.isBanned('203.0.113.40'), 'there is a ban to look at');
  const page = await stage.page('/bans', { storageState: await stage.signIn('watcher', word) });
  const row = page.getByRole('row').filter({ hasText: '203.0.113.40' });
  await row.waitFor();
  expect(await page.getByRole('button', { name: /^Ban/ }).count()).toBe(0);
  await row.getByRole('button', { name: /Actions for/ }).click();
  await page.getByRole('menuitem', { name: 'Why is it banned?' }).waitFor();
  expect(await page.getByRole('menuitem', { name: /[Bb]an again|Unban/ }).count()).toBe(0);
  await page.keyboard.press('Escape');
  await row.getByRole('checkbox').click();
  expect(await page.getByRole('toolbar').getByRole('button', { name: 'Unban' }).count()).toBe(0);
  await page.keyboard.press('b');
  await page.getByText('Bans are made and lifted by operators and administrators.').first().waitFor();
  expect(await page.getByRole('dialog', { name: 'Ban', exact: true }).count()).toBe(0);

  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Page, jail or address' }).fill('203.0.113.40');
  await page.getByText(/203\.0\.113\.40 is banned/).waitFor();
  expect(await page.getByRole('option', { name: /ban 203/i }).count()).toBe(0);
  await page.getByRole('combobox').fill('users');
  await page.getByText('Nothing found').waitFor();
  await page.keyboard.press('Escape');

  await page.goto(`${stage.url}/jails/sshd`);
  await page.getByText('failregex').first().waitFor();
  expect(await page.getByRole('button', { name: 'Actions' }).count()).toBe(0);
  await page.goto(`${stage.url}/jails`);
  await page.getByRole('row').filter({ hasText: 'sshd' }).waitFor();
  expect(await page.getByRole('button', { name: 'Reload configuration' }).count()).toBe(0);
  expect(await page.getByRole('button', { name: 'Show what would change…' }).isDisabled()).toBe(true);
  await page.goto(`${stage.url}/jobs`);
  await page.getByRole('row').filter({ hasText: 'tidy-accounts' }).waitFor();
  await page.getByText('This console does the background jobs.').waitFor({ timeout: 40_000 });
  expect(await page.locator('main').getByRole('button').count()).toBe(0);
  await page.goto(`${stage.url}/jobs/tidy-accounts`);
  await page.getByText('Safe to repeat').waitFor();
  expect(await page.locator('main').getByRole('button').count()).toBe(0);
  for (const path of ['/users', '/audit']) {
    await page.goto(stage.url + path);
    await page.getByText('This page is for administrators.').waitFor();
  }
  expect(await page.getByRole('link', { name: 'Users' }).count()).toBe(0);
  await page.context().close();
});

test('an operator bans, and administers nobody', async () => {
  const page = await stage.page('/bans', { storageState: await stage.signIn('keeper', word) });
  await page.getByRole('button', { name: 'Ban an address', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Addresses or networks').fill('203.0.113.41');
  await dialog.getByText('will be banned').waitFor();
  await dialog.getByLabel('Reason').fill('by the keeper');
  await dialog.getByRole('button', { name: 'Ban', exact: true }).click();
  await until(() => stage.fail2ban.isBanned('203.0.113.41'), 'fail2ban has it');
  await page.goto(`${stage.url}/address/203.0.113.41`);
  await page
    .getByText(/by keeper/)
    .first()
    .waitFor();
  expect(await page.getByRole('link', { name: 'Users' }).count()).toBe(0);
  await page.goto(`${stage.url}/users`);
  await page.getByText('This page is for administrators.').waitFor();
  await page.context().close();
});

test('who is disabled is out at once, and the page follows a new role', async () => {
  const theirs = await stage.page('/bans', { storageState: await stage.signIn('keeper', word) });
  await theirs.getByRole('button', { name: 'Ban an address', exact: true }).waitFor();
  const mine = await stage.page('/users', { storageState: await stage.signIn(admin.username, admin.password) });
  const row = mine.getByRole('row').filter({ hasText: 'keeper' });
  const act = async (name: string) => {
    await row.getByRole('button', { name: /Actions for/ }).click();
    await mine.getByRole('menuitem', { name }).click();
  };
  await act('Change role…');
  await mine.getByRole('radio', { name: /Viewer/ }).check();
  await mine.getByRole('button', { name: 'Change role' }).click();
  await mine.getByText('keeper is now: Viewer').first().waitFor();
  await theirs.reload();
  await theirs.getByRole('heading', { name: 'Bans' }).waitFor();
  await until(async () => (await theirs.getByRole('button', { name: 'Ban an address', exact: true }).count()) === 0, 'it is not offered');

  await act('Disable…');
  await mine.getByRole('alertdialog').getByRole('button', { name: 'Disable' }).click();
  await row.getByText('Disabled').waitFor();
  await theirs.getByText('Your session was ended elsewhere').waitFor({ timeout: endsAtOnce });
  await theirs.context().close();
  await mine.context().close();
});

test('the last administrator can be neither lowered, disabled nor deleted', async () => {
  const page = await stage.page('/users');
  await page
    .getByRole('row')
    .filter({ hasText: admin.username })
    .getByRole('button', { name: /Actions for/ })
    .click();
  for (const name of [/Change role/, /Disable/, /Delete/]) {
    const item = page.getByRole('menuitem', { name });
    expect(await item.getAttribute('aria-disabled')).toBe('true');
    expect(await item.textContent()).toContain('The last administrator');
  }
  await page.context().close();
});

test('an API token is shown once, works, and ends when it is revoked', async () => {
  const page = await stage.page('/account', { storageState: await stage.signIn(admin.username, admin.password) });
  await page.getByRole('button', { name: 'Create a token' }).click();
  await page.getByLabel('Name', { exact: true }).fill('nightly <b>job</b>');
  await page.getByRole('button', { name: 'Create the token' }).click();
  const text = await page.getByText(/^bgt_[\w-]{43}$/).textContent();
  const asks = async () => (await fetch(`${stage.url}/api/v1/bans`, { headers: { Authorization: `Bearer ${text}` } })).status;
  expect(await asks()).toBe(200);
  await page.getByRole('button', { name: 'I have kept it' }).click();
  await page.getByText('nightly <b>job</b>').first().waitFor();
  await page.reload();
  await page.getByText('nightly <b>job</b>').first().waitFor();
  expect(await page.content()).not.toContain(text);
  await page.getByRole('button', { name: 'Revoke nightly <b>job</b>' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke the token' }).click();
  await page.getByText('No tokens.').waitFor();
  expect(await asks()).toBe(401);
  await page.context().close();
});

test('a new password ends the other sessions and keeps this one', async () => {
  const next = 'yet four other words';
  const change = async (page: Page, from: string, to: string) => {
    await page.getByLabel('Current password').fill(from);
    await page.getByLabel('New password').fill(to);
    await page.getByRole('button', { name: 'Change the password' }).click();
    await page.getByText('Password changed').first().waitFor();
  };
  const theirs = await stage.page('/', { storageState: await stage.signIn('watcher', word) });
  await theirs.getByRole('button', { name: /^Live\./ }).waitFor();
  const mine = await stage.page('/account', { storageState: await stage.signIn('watcher', word) });
  await mine.getByLabel('New password').fill('watcher123');
  await mine.getByText('It must be more than the user name.').waitFor();
  await change(mine, word, next);
  await theirs.getByText('Your session was ended elsewhere').waitFor({ timeout: endsAtOnce });
  await mine.goto(`${stage.url}/bans`);
  await mine.getByRole('heading', { name: 'Bans' }).waitFor();
  await mine.goto(`${stage.url}/account`);
  await change(mine, next, word);
  await theirs.context().close();
  await mine.context().close();
});
