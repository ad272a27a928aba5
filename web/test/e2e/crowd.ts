import type { Page } from 'playwright-core';
import type { Stage } from './stage';
import { until } from './until';

const address = (i: number) => `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;

/** Bans that many addresses in the jail `many`, by fail2ban's own client: the last one is lastOf(count). */
export async function crowd(stage: Stage, count: number): Promise<void> {
  for (let from = 0; from < count; from += 1000) {
    const group = Array.from({ length: Math.min(1000, count - from) }, (_, i) => address(from + i));
    await stage.fail2ban.client('set', 'many', 'banip', ...group);
  }
}

export const lastOf = (count: number) => address(count - 1);

/** Opens the list of bans, and waits until it counts that many. */
export async function openList(stage: Stage, count: number): Promise<Page> {
  const page = await stage.page('/bans');
  await page.getByRole('heading', { name: 'Bans' }).waitFor();
  const figure = count.toLocaleString('en');
  await until(async () => (await page.getByText(figure, { exact: true }).count()) > 0, 'all are counted', 240_000);
  return page;
}

/** Scrolls down a little with each of so many frames. */
export async function scroll(page: Page, frames: number): Promise<void> {
  await page.locator('.grid-scroll').evaluate(async (element, count) => {
    for (let i = 0; i < count; i++) {
      element.scrollTop += 60;
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  }, frames);
}

/** Scrolls to the end of everything, as fast as the pages come. */
export async function toTheEnd(page: Page): Promise<void> {
  const scroller = page.locator('.grid-scroll');
  const atEnd = async () => {
    await scroller.evaluate((element) => {
      element.scrollTop = element.scrollHeight;
    });
    return (await page.getByText('End of the list').count()) > 0;
  };
  await until(atEnd, 'the end of the list is reached', 240_000);
}

/** Searches the list for one address, and waits until it alone is left. */
export async function search(page: Page, address: string): Promise<void> {
  await page.getByLabel('Search bans by address').fill(address);
  await page.getByRole('row').filter({ hasText: address }).waitFor();
  await until(async () => (await page.getByRole('row').count()) === 2, 'only the one is left');
}
