import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nobody, Stage } from './stage';
import { until } from './until';

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

let stage: Stage;
const complaints: string[] = [];

beforeAll(async () => {
  stage = await Stage.open(complaints);
  // It is looked at for longer than a ban of the stage lasts.
  await stage.fail2ban.client('set', 'sshd', 'bantime', '86400');
  writeFileSync(join(stage.fail2ban.config, 'filter.d', 'dovecot.local'), '[Definition]\nmaxlines = 3\n');
  for (const address of ['203.0.113.7', '2001:db8:1:2:3:4:5:6', '198.51.100.23']) stage.fail2ban.attack(address);
  await until(() => stage.fail2ban.isBanned('198.51.100.23'), 'there is something to look at');
});

afterAll(async () => {
  await stage?.close();
  expect(complaints).toEqual([]);
});

async function axe(page: Page, rules?: string[]): Promise<string[]> {
  // No frames, so nothing has to be put together in a window of its own.
  const builder = new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).setLegacyMode();
  const { violations } = await (rules === undefined ? builder.withTags(tags) : builder.withRules(rules)).analyze();
  return violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target.join(' ')} ${n.failureSummary}`).join(', ')}`);
}

/** Turns the light on or off, and waits until every colour has followed. */
async function turn(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.evaluate(async () => {
    const fading = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
    await Promise.allSettled(fading.map(({ finished }) => finished));
  });
}

/** Looks at a page in several places, and remembers where something was found: by daylight at everything, in the dark at the colours. */
function looker(page: Page) {
  const found: Record<string, string[]> = {};
  const look = async (name: string) => {
    const violations = await axe(page);
    await turn(page, 'dark');
    const dark = await axe(page, ['color-contrast']);
    await turn(page, 'light');
    if (violations.length > 0) found[name] = violations;
    if (dark.length > 0) found[`${name}, dark`] = dark;
  };
  return { found, look };
}

/** What is wider than the window: nothing should be. */
function overhang(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const desk = { viewport: { width: 1280, height: 800 } };

const everyLook = [
  ['desktop', desk],
  ['phone', phone],
] as const;

test.each(everyLook)(
  'nothing is inaccessible: %s',
  async (_, size) => {
    const page = await stage.page('/', { ...size, colorScheme: 'light' });
    const { found, look } = looker(page);
    await page.getByRole('link', { name: /Active bans/ }).waitFor();
    await look('overview');
    for (const [path, text] of [
      ['/bans', '203.0.113.7'],
      ['/bans?q=9.9.9.9', 'Clear filter'],
      ['/history', '203.0.113.7'],
      ['/jails', 'sshd'],
      ['/jails/sshd', 'failregex'],
      ['/jails/sshd?tab=settings', 'Failures until a ban'],
      ['/jails/sshd?tab=logs', 'auth.log'],
      ['/filters?q=apache', 'apache-auth'],
      ['/filters/sshd', 'failregex'],
      ['/filters/dovecot?tab=source', 'maxlines'],
      ['/filters/dovecot?tab=diff', 'maxlines'],
      ['/actions?q=iptables', 'iptables-multiport'],
      ['/config/new?kind=filter', 'common.conf'],
      ['/config/files?file=jail.local', 'banaction'],
      ['/tools/expressions?filter=sshd', 'Paste lines, or choose a log.'],
      ['/address/203.0.113.7', 'Failed password'],
      ['/server', 'Restart…'],
      ['/server?tab=log', 'Starting Fail2ban'],
      ['/jobs', 'tidy-accounts'],
      ['/jobs/tidy-accounts', 'Safe to repeat'],
      ['/about', 'Never banned from here'],
      ['/nowhere', 'There is no such page.'],
    ] as const) {
      await page.goto(stage.url + path);
      await page.locator('main').getByText(text).first().waitFor();
      await look(path);
      expect(await overhang(page), path).toBeLessThanOrEqual(0);
    }
    await page.goto(`${stage.url}/jobs`);
    await page.getByRole('button', { name: /^Background jobs: Jobs run here/ }).click();
    await page.getByRole('dialog', { name: 'Background jobs' }).getByText('Trust left').waitFor();
    await look('who does the jobs');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Take away…' }).click();
    await page.getByRole('dialog', { name: 'Take the background jobs away?' }).waitFor();
    await look('taking the jobs away');
    await page.goto(`${stage.url}/bans`);
    await page.getByRole('row').filter({ hasText: '203.0.113.7' }).getByRole('checkbox').click();
    await look('chosen');
    await page
      .getByRole('row')
      .filter({ hasText: '203.0.113.7' })
      .getByRole('button', { name: /Actions for/ })
      .click();
    await page.getByRole('menu').waitFor();
    await look('menu');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Page, jail or address' }).fill('203.0.113.7');
    await page.getByText(/is banned in sshd/).waitFor();
    await look('palette');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Ban an address', exact: true }).click();
    await page.getByRole('dialog').getByLabel('Addresses or networks').fill('127.0.0.1 203.0.113.99');
    await page.getByText('refused').first().waitFor();
    await page.getByLabel('How long').selectOption('own');
    await look('ban dialog');
    expect(found).toEqual({});
    expect(await page.locator('style').count()).toBe(0);
    expect(await overhang(page)).toBeLessThanOrEqual(0);
    await page.context().close();
  },
  480_000,
);

test.each(everyLook)(
  'accounts and the audit log are accessible: %s',
  async (_, size) => {
    const page = await stage.page('/', { ...size, colorScheme: 'light' });
    const { found, look } = looker(page);
    for (const [path, text] of [
      ['/account', 'this one'],
      ['/users', 'anna'],
      ['/audit', 'End of the list'],
      ['/config/versions', 'Version 1'],
    ] as const) {
      await page.goto(stage.url + path);
      await page.locator('main').getByText(text).first().waitFor();
      await look(path);
      expect(await overhang(page)).toBeLessThanOrEqual(0);
    }
    await page.goto(`${stage.url}/users`);
    await page.getByRole('link', { name: 'anna' }).click();
    await page.locator('main').getByText('Last sign-in').waitFor();
    await look('user');
    await page.goto(`${stage.url}/users`);
    await page.getByRole('button', { name: 'Add a user' }).click();
    await page.getByRole('button', { name: 'Suggest one' }).click();
    await look('add user');
    await page.getByLabel('User name').fill('bert');
    stage.forgetPasswords();
    await page.getByRole('button', { name: 'Add the user' }).click();
    await page.getByRole('dialog', { name: 'Is it still you?' }).waitFor();
    await look('step-up');
    await page.goto(`${stage.url}/account`);
    await page.getByRole('button', { name: 'Create a token' }).click();
    await page.getByRole('dialog').waitFor();
    await look('create token');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menu').waitFor();
    await look('account menu');
    await page.keyboard.press('Escape');
    expect(found).toEqual({});
    expect(await page.locator('style').count()).toBe(0);
    await page.context().close();
  },
  480_000,
);

test('longer words fit a phone as well', async () => {
  const page = await stage.page('/', { ...phone, locale: 'de-DE' });
  for (const [path, title] of [
    ['/', 'Übersicht'],
    ['/account', 'Ihr Konto'],
    ['/users', 'Benutzer'],
    ['/audit', 'Protokoll'],
    ['/history', 'Verlauf'],
    ['/jobs', 'Hintergrundaufgaben'],
    ['/filters', 'Filter'],
    ['/filters/sshd', 'sshd'],
    ['/actions', 'Aktionen'],
    ['/config/files', 'Konfigurationsdateien'],
    ['/config/versions', 'Versionen'],
    ['/server', 'Server'],
    ['/jails/sshd?tab=settings', 'sshd'],
  ] as const) {
    await page.goto(stage.url + path);
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
    await page.locator('main .skeleton').first().waitFor({ state: 'detached' });
    expect(await overhang(page), path).toBeLessThanOrEqual(0);
  }
  await page.context().close();
});

test.each([
  ['desktop', 'light', desk],
  ['phone', 'dark', phone],
] as const)('the way in is accessible: %s, %s', async (_, colorScheme, size) => {
  const page = await stage.page('/', { ...size, colorScheme, storageState: nobody });
  await page.getByRole('heading', { name: 'Sign in to BanGUI' }).waitFor();
  expect(await axe(page)).toEqual([]);
  await page.getByText('Password forgotten?').click();
  await page.keyboard.press('Shift+Tab');
  await page.getByLabel('User name').fill('guest');
  await page.getByLabel('Password', { exact: true }).fill('not the password');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('alert').waitFor();
  expect(await axe(page)).toEqual([]);
  expect(await overhang(page)).toBeLessThanOrEqual(0);
  await page.context().close();
});

test('everything is reachable by keys alone', async () => {
  const page = await stage.page('/');
  await page.getByRole('link', { name: /Active bans/ }).waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('b');
  await page.waitForURL('**/bans');
  const rows = page.getByRole('row');
  await rows.filter({ hasText: '203.0.113.7' }).waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await page.keyboard.press('Shift+ArrowDown');
  await page.getByText('2 chosen').first().waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('2 chosen').first().waitFor({ state: 'detached' });
  await page.keyboard.press('/');
  await page.keyboard.type('203.0');
  await until(async () => (await rows.count()) === 2, 'one row and the head are left');
  expect(new URL(page.url()).search).toBe('?q=203.0');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog', { name: 'Find' }).waitFor();
  await page.keyboard.type('203.0.113.7');
  await page.getByText(/203\.0\.113\.7 is banned in sshd/).waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL('**/address/203.0.113.7');
  await page.context().close();
});

test('every page is in the navigation: all in sight at the left, and under a thumb', async () => {
  const page = await stage.page('/');
  const left = page.getByRole('navigation', { name: 'Pages' });
  await left.getByRole('link', { name: 'Audit log' }).waitFor();
  const all = await left.getByRole('link').allTextContents();
  expect(await left.evaluate((e) => e.scrollHeight - e.clientHeight)).toBe(0);
  await page.setViewportSize(phone.viewport);
  const bar = page.getByRole('navigation', { name: 'Pages' });
  const below = await bar.getByRole('link').allTextContents();
  await bar.getByRole('button', { name: 'More' }).click();
  const others = page.getByRole('menuitem');
  await others.first().waitFor();
  const plain = (name: string) => name.replace(/\d.*$/, '');
  expect([...below, ...(await others.allTextContents())].map(plain).sort()).toEqual(all.map(plain).sort());
  expect(await axe(page)).toEqual([]);
  await page.getByRole('menuitem', { name: 'Versions' }).click();
  await page.getByRole('heading', { level: 1, name: 'Versions' }).waitFor();
  await page.context().close();
});

test('a search for digits is a search, not an error', async () => {
  const page = await stage.page('/bans?q=1&jail=7');
  await page.getByText('No active bans in jail 7 matching “1”.').waitFor();
  expect(await page.getByLabel('Search bans by address').inputValue()).toBe('1');
  await page.context().close();
});

test('a network has its own page, also when loaded by its address', async () => {
  const page = await stage.page('/address/198.51.100.0/24');
  await page.getByRole('heading', { level: 1 }).getByText('198.51.100.0/24').waitFor();
  await page.getByText('Not banned by fail2ban now.').waitFor();
  await page.getByRole('link', { name: '1 active ban inside it' }).click();
  await page.getByRole('row').filter({ hasText: '198.51.100.23' }).waitFor();
  expect(await page.getByRole('row').count()).toBe(2);
  await page.context().close();
});

test('an address has its country and network, and those whose data it is are named with links', async () => {
  const page = await stage.page('/address/8.8.8.8');
  await page.getByText('US · United States · AS15169 Google LLC').waitFor();
  expect(await page.getByRole('link', { name: 'IP Geolocation by DB-IP' }).getAttribute('href')).toBe('https://db-ip.com');
  await page.goto(`${stage.url}/about`);
  const card = page.getByRole('region', { name: 'Countries and networks' });
  await card.getByText('Networks: came with BanGUI').waitFor();
  await card.getByText('data of 17 Jun 2026').first().waitFor();
  await card.getByRole('link', { name: 'Route Views' }).waitFor();
  await page.goto(`${stage.url}/address/100.64.0.1`);
  await page.getByText(/many customers of one provider.*RFC 6598/).waitFor();
  await page.context().close();
});

test('language and theme are kept, and the first byte has the theme', async () => {
  const page = await stage.page('/bans', { locale: 'de-DE' });
  await page.getByRole('heading', { name: 'Sperren' }).waitFor();
  expect(await page.locator('html').getAttribute('lang')).toBe('de');
  await page.getByRole('button', { name: 'Hell oder dunkel' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Dunkel' }).click();
  await page.getByRole('button', { name: 'Sprache' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'English' }).click();
  await page.getByRole('heading', { name: 'Bans' }).waitFor();
  const answer = await page.reload();
  expect(await answer?.text()).toContain('data-theme="dark"');
  await page.getByRole('heading', { name: 'Bans' }).waitFor();
  expect(await page.evaluate(() => getComputedStyle(document.body).colorScheme)).toBe('dark');
  await page.context().close();
});
