import { existsSync, readFileSync } from 'node:fs';
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

beforeAll(async () => {
  stage = await Stage.open(complaints);
});

afterAll(async () => {
  await stage?.close();
  expect(complaints).toEqual([]);
});

async function axe(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze();
  return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
}

const mine = '[INCLUDES]\nbefore = common.conf\n\n[Definition]\n_daemon = sshd\nfailregex = ^%(__prefix_line)sMine said no to <HOST>$\n';

test('a filter is copied, changed as text, looked at and used; a broken one is never written', async () => {
  const page = await stage.page('/filters?q=sshd');
  await page.getByRole('link', { name: 'sshd', exact: true }).click();
  await page.getByRole('button', { name: 'Copy…' }).click();
  await page.getByLabel('Name').fill('mine');
  await page.getByRole('textbox', { name: 'filter.d/mine.local' }).getByText('Fail2Ban filter for openssh').waitFor();

  await write(page, 'filter.d/mine.local', mine.replace('to <HOST>', 'to (<HOST>'));
  await page.getByRole('button', { name: 'Check' }).click();
  await page.getByText('Line 6:').waitFor();
  await page.getByRole('button', { name: 'Review and save…' }).click();
  await page.getByRole('dialog').getByText('fail2ban would not take it.').waitFor();
  expect(await page.getByRole('dialog').getByRole('button', { name: 'Apply', exact: true }).isDisabled()).toBe(true);
  expect(existsSync(file('filter.d/mine.local'))).toBe(false);
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();

  await write(page, 'filter.d/mine.local', mine);
  await page.keyboard.press('Control+s');
  await page.getByRole('dialog').getByText('+failregex').waitFor();
  expect(await axe(page)).toEqual([]);
  await page.getByRole('dialog').getByRole('button', { name: 'Apply', exact: true }).click();
  await page.getByRole('heading', { name: 'mine' }).waitFor();
  await page.getByText('Own', { exact: true }).waitFor();
  expect(readFileSync(file('filter.d/mine.local'), 'utf8')).toMatch(/^# Written by BanGUI\..*\n\[INCLUDES\]\n/);

  // A jail takes it up, by raw text of a file that people wrote.
  const jails = readFileSync(file('jail.local'), 'utf8');
  await page.goto(`${stage.url}/config/files?file=jail.local`);
  await page.getByText('Somebody wrote this file by hand.').waitFor();
  await write(page, 'jail.local', jails.replace('[sshd]\n', '[sshd]\nfilter = mine\n'));
  await page.getByRole('button', { name: 'Review and save…' }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Apply/ })
    .click();
  await until(async () => (await stage.fail2ban.client('get', 'sshd', 'failregex')).includes('Mine said no'), 'the real server uses it');
  expect(readFileSync(file('jail.local'), 'utf8')).toBe(jails.replace('[sshd]\n', '[sshd]\nfilter = mine\n'));

  await page.goto(`${stage.url}/filters/mine?tab=uses`);
  await page.getByRole('link', { name: 'sshd', exact: true }).waitFor();
  expect(await page.getByRole('button', { name: 'Delete…' }).isDisabled()).toBe(true);
  await page.context().close();
});

test('actions are read only until root allows more, and the page says how', async () => {
  const page = await stage.page('/actions/iptables?tab=source');
  await page.getByText('Actions are commands that fail2ban runs as root').waitFor();
  await page.getByText('configuration = code').waitFor();
  const editor = page.getByRole('textbox', { name: 'action.d/iptables.conf' });
  await editor.click();
  await page.keyboard.insertText('x');
  expect(await editor.getAttribute('aria-readonly')).toBe('true');
  expect(await page.getByRole('button', { name: 'Review and save…' }).count()).toBe(0);
  await page.context().close();
});

test('who only passes by with Tab is let through the text', async () => {
  const page = await stage.page('/config/files?file=jail.local');
  const editor = page.getByRole('textbox', { name: 'jail.local' });
  await editor.waitFor();
  await editor.focus();
  await page.getByText('Tab leaves the text').waitFor();
  await page.keyboard.press('Tab');
  expect(await editor.evaluate((e) => (e.getRootNode() as ShadowRoot).activeElement === e)).toBe(false);
  await editor.focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('a');
  await page.keyboard.press('Tab');
  expect(await editor.evaluate((e) => (e.getRootNode() as ShadowRoot).activeElement === e)).toBe(true);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  expect(await editor.evaluate((e) => (e.getRootNode() as ShadowRoot).activeElement === e)).toBe(false);
  await page.context().close();
});
