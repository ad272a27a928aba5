import { afterAll, beforeAll, expect, test } from 'vitest';
import { Stage } from './stage';
import { until } from './until';

let stage: Stage;
const complaints: string[] = [];

beforeAll(async () => {
  stage = await Stage.open(complaints, { past: 3000 });
});

afterAll(async () => {
  await stage?.close();
  expect(complaints).toEqual([]);
});

const search = (url: string) => Object.fromEntries(new URL(url).searchParams);

test('figures of a time lead to their bans, a row narrows all, and what is not counted is not shown', async () => {
  const page = await stage.page('/');
  const figure = page.getByRole('link', { name: /^Bans in this time/ });
  await page.getByRole('button', { name: '30 days' }).click();
  await until(() => search(page.url()).range === '30d', 'the range is in the address');
  await figure.getByText(/^[\d,]*\d$/).waitFor();
  const chart = page.getByRole('region', { name: 'Bans over time' });
  await chart.getByRole('img', { name: /^Chart of [\d,]+ bans/ }).waitFor();

  const jails = page.getByRole('region', { name: 'Jails', exact: true });
  await jails.getByRole('button').first().click();
  await page.getByRole('button', { name: /^Remove filter: Jail / }).waitFor();
  const { jail = '' } = search(page.url());
  await page.getByText('Networks are counted for all bans only').waitFor();
  await page.reload();
  await jails.getByRole('button', { pressed: true }).getByText(jail).waitFor();
  await figure.click();
  await page.waitForURL('**/history?**');
  expect(search(page.url())).toEqual({ range: '30d', jail });
  await page.getByRole('row').nth(1).getByRole('link', { name: jail }).waitFor();
  await page.goBack();

  await page.getByRole('button', { name: /^Remove filter: Jail / }).click();
  const networks = page.getByRole('region', { name: 'Networks', exact: true });
  await networks.getByRole('button').first().click();
  await until(() => (search(page.url()).asn ?? '') !== '', 'the network is in the address');
  await jails.getByText('This is not counted for a single network.').waitFor();
  await chart.getByText('In all of this time').waitFor();
  await page.context().close();
});

test('drawing over bars, fields and table: the time of the page, in three ways', async () => {
  const page = await stage.page('/?range=30d');
  const canvas = page.getByRole('img', { name: /^Chart of/ }).locator('.u-over');
  await canvas.waitFor();
  const box = await canvas.boundingBox();
  if (box === null) throw new Error('the chart is not there');
  await page.mouse.move(box.x + box.width * 0.4, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 8 });
  await page.mouse.up();
  await until(() => search(page.url()).from !== undefined, 'the drawn time is in the address');
  const drawn = search(page.url());
  expect(drawn.from).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/);
  expect(drawn.range).toBeUndefined();
  expect(await page.getByLabel('from').inputValue()).toBe(drawn.from);

  await page.getByRole('button', { name: 'As table' }).click();
  const table = page.getByRole('region', { name: 'Bans over time, as a table' });
  await table.getByRole('row').nth(1).waitFor();
  expect(await table.getByRole('row').count()).toBeGreaterThan(4);

  await page.getByLabel('from').fill('2020-01-01T00:00');
  await until(() => search(page.url()).from === '2020-01-01T00:00', 'the typed time is in the address');
  await page.getByRole('button', { name: '24 hours' }).click();
  await until(() => new URL(page.url()).search === '', 'the usual time needs no word');
  await page.context().close();
});

test('a newcomer finds when and why an address was banned last month', async () => {
  const page = await stage.page('/');
  await page.getByRole('link', { name: /Active bans/ }).waitFor();
  const ago = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
  const query = new URLSearchParams({ state: 'ended', jail: 'sshd', since: ago(40), until: ago(25), limit: '1' });
  const found = await page.evaluate(async (path) => (await fetch(path)).json(), `${new URL(stage.url).pathname}/api/v1/bans?${query}`);
  const { address, failures } = (found as { items: { address: string; failures: number }[] }).items[0] ?? { address: '', failures: 0 };
  expect(address).not.toBe('');

  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Page, jail or address' }).fill(address);
  await page.getByText(`Show all about ${address}`).waitFor();
  await page.keyboard.press('Enter');
  const timeline = page.getByRole('region', { name: 'Timeline' });
  await timeline.getByText('First banned').waitFor();
  await timeline
    .getByText(new RegExp(`by fail2ban after ${failures} failures`))
    .first()
    .waitFor();
  await timeline
    .getByText(/log lines?$/)
    .first()
    .waitFor();
  await timeline.getByText(address).first().waitFor();
  await page.getByText('Not banned by fail2ban now.').waitFor();
  await page.context().close();
});
