import { afterAll, beforeAll, expect, test } from 'vitest';
import { crowd, lastOf, openList, scroll, search, toTheEnd } from './crowd';
import { Stage } from './stage';
import { until } from './until';

// As many as the proof of issue 2 asks for. How fast it goes is measured by `make bench`.
const many = 50_000;

let stage: Stage;
const complaints: string[] = [];

beforeAll(async () => {
  stage = await Stage.open(complaints);
  await crowd(stage, many);
}, 300_000);

afterAll(async () => {
  await stage?.close();
  expect(complaints).toEqual([]);
});

test('50,000 bans are listed, scrolled and searched, and only what is seen is drawn', async () => {
  const page = await openList(stage, many);
  await scroll(page, 50);
  expect(await page.getByRole('row').count()).toBeLessThan(100);
  expect(await page.getByRole('grid').getAttribute('aria-rowcount')).toBe(String(many + 1));
  await search(page, lastOf(many));

  // 10.0.19.*, 10.0.190.* to 10.0.194.*, and the first of 10.0.195.*
  const some = 6 * 256 + 80;
  await page.getByLabel('Search bans by address').fill('10.0.19');
  await until(async () => (await page.getByText(some.toLocaleString('en'), { exact: true }).count()) > 0, 'they are counted');
  await toTheEnd(page);
  expect(await page.getByRole('row').count()).toBeLessThan(100);
  expect(await page.getByRole('grid').getAttribute('aria-rowcount')).toBe(String(some + 1));
  await page.context().close();
}, 600_000);
