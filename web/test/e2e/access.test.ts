import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { admin, endsAtOnce, nobody, Stage } from './stage';
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

/** Fills in the form and presses the button. */
async function enter(page: Page, username: string, password: string): Promise<void> {
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

test('a wrong password and an unknown name are told alike, and the right one leads back to where one was', async () => {
  const page = await stage.page('/bans?q=203&state=all', { storageState: nobody });
  await page.getByRole('heading', { name: 'Sign in to BanGUI' }).waitFor();
  expect(await page.getByLabel('User name').evaluate((e) => e === document.activeElement)).toBe(true);
  expect(await page.getByLabel('User name').getAttribute('autocomplete')).toBe('username');
  expect(await page.getByLabel('Password', { exact: true }).getAttribute('autocomplete')).toBe('current-password');

  await enter(page, admin.username, 'not the password');
  const alert = page.getByRole('alert');
  const known = await alert.textContent();
  await enter(page, 'somebody-else', 'not the password');
  await until(async () => (await alert.count()) === 1, 'it is told again');
  expect(await alert.textContent()).toBe(known);
  expect(known).toBe('User name or password is wrong.');
  expect(await page.getByText('203').count()).toBe(0);

  await enter(page, admin.username, admin.password);
  await page.getByRole('heading', { name: 'Bans' }).waitFor();
  expect(new URL(page.url()).search).toBe('?q=203&state=all');
  await page.context().close();
});

test('signing out ends the session in every window, and nothing of it stays on the page', async () => {
  stage.fail2ban.attack('203.0.113.77');
  const state = await stage.signIn(admin.username, admin.password);
  const page = await stage.page('/bans', { storageState: state });
  const other = await page.context().newPage();
  await other.goto(`${stage.url}/`);
  await other.getByRole('log').getByText('203.0.113.77').first().waitFor();
  await page.getByRole('row').filter({ hasText: '203.0.113.77' }).waitFor();
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByText('You are signed out.').waitFor();
  await other.getByText('Your session was ended elsewhere').waitFor();
  expect(await page.getByText('203.0.113.77').count()).toBe(0);
  expect(await other.getByText('203.0.113.77').count()).toBe(0);
  await page.context().close();
});

test('a revoked session loses its stream and its page at once', async () => {
  const theirs = await stage.page('/jails', { storageState: nobody, userAgent: 'Mozilla/5.0 (Windows NT 10.0) Firefox/140.0' });
  await enter(theirs, admin.username, admin.password);
  await theirs.getByRole('button', { name: /^Live\./ }).waitFor();
  const mine = await stage.page('/account');
  await mine.getByRole('button', { name: 'End the session of Firefox 140, Windows' }).click();
  await mine.getByText('1 session ended').first().waitFor();
  await theirs.getByText('Your session was ended elsewhere').waitFor({ timeout: endsAtOnce });
  expect(await theirs.getByRole('grid').count()).toBe(0);
  expect(await theirs.getByLabel('User name').inputValue()).toBe(admin.username);

  await theirs.getByLabel('Password', { exact: true }).fill(admin.password);
  await theirs.keyboard.press('Enter');
  await theirs.getByRole('heading', { name: 'Jails' }).waitFor();
  await theirs.getByRole('button', { name: /^Live\./ }).waitFor();
  await theirs.context().close();
  await mine.context().close();
});

test('a page that nobody uses signs out by itself, though it asks the server all the time', async () => {
  const state = await stage.signIn(admin.username, admin.password);
  const page = await stage.page('/bans', { storageState: state });
  await page.clock.install();
  await page.reload();
  await page.getByRole('heading', { name: 'Bans' }).waitFor();
  await page.clock.fastForward('29:30');
  const notice = page.getByText('You are signed out soon');
  await notice.waitFor();
  await page.keyboard.press('Shift');
  await notice.waitFor({ state: 'detached' });
  await page.clock.fastForward('30:05');
  await page.getByText('nothing was done for a while').waitFor();
  expect(await page.getByRole('grid').count()).toBe(0);
  const [cookie] = state.cookies;
  const asked = await fetch(`${stage.url}/api/v1/auth/session`, { headers: { Cookie: `${cookie?.name}=${cookie?.value}` } });
  expect(asked.status).toBe(401);
  await page.context().close();
});

// The last one: whoever signs in from here after it has to wait.
test('guessing costs time, which is counted down, and the page tries no sooner', async () => {
  const page = await stage.page('/', { storageState: nobody });
  const button = page.getByRole('button', { name: 'Sign in', exact: true });
  const waits = page.getByRole('button', { name: /Try again in 0:(0[6-9]|1)/ }); // so long there is for what follows
  await until(async () => {
    if ((await waits.count()) > 0) return true;
    if (await button.isEnabled({ timeout: 200 }).catch(() => false))
      await enter(page, 'guessed', 'not the password').catch(() => undefined);
    return (await waits.count()) > 0;
  }, 'the page says how long to wait');
  await page.getByRole('alert').getByText('Too many attempts').waitFor();
  expect(await page.getByRole('button', { name: /Try again/ }).isDisabled()).toBe(true);
  await button.waitFor();
  expect(await button.isEnabled()).toBe(true);
  await page.context().close();
});
