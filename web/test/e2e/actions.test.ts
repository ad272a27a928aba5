import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
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

/** Puts a text in place of one that an editor shows: as who selects all and pastes. */
async function write(page: Page, label: string, text: string): Promise<void> {
  const editor = page.getByRole('textbox', { name: label });
  await editor.click();
  await page.keyboard.press('Control+a');
  await editor.evaluate((element, pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', pasted);
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true, composed: true }));
  }, text);
}

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
