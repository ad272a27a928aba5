import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { crowd, lastOf, openList, scroll, search, toTheEnd } from '../e2e/crowd';
import { Stage } from '../e2e/stage';

const frames = 200;

/** The processor time that the page's one thread has had, in milliseconds: a busy machine does not change it. */
async function worked(page: Page): Promise<() => Promise<number>> {
  const client = await page.context().newCDPSession(page);
  await client.send('Performance.enable');
  return async () => {
    const { metrics } = await client.send('Performance.getMetrics');
    return 1000 * (metrics.find((m) => m.name === 'ThreadTime')?.value ?? 0);
  };
}

/** The figure in the form of Go's benchmarks. */
function tell(count: number, what: string, value: number, unit: string): void {
  process.stdout.write(`PageBans/bans=${count}/${what}\t${value.toFixed(1)} ${unit}\n`);
}

async function took(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

test.each([50_000, 100_000])('the list of %i bans', async (count) => {
  const complaints: string[] = [];
  const stage = await Stage.open(complaints);
  try {
    await crowd(stage, count);
    const warm = await openList(stage, count);
    await warm.context().close();
    const page = await stage.page('/about');
    await page.getByText('Never banned from here').waitFor();
    const open = () => page.getByRole('link', { name: 'Bans', exact: true }).click();
    tell(count, 'open', await took(() => open().then(() => page.getByRole('row').nth(5).waitFor())), 'ms');
    const busy = await worked(page);
    const before = await busy();
    await scroll(page, frames);
    tell(count, 'scroll', ((await busy()) - before) / frames, 'ms/frame');
    tell(count, 'to-the-end', await took(() => toTheEnd(page)), 'ms');
    const atEnd = await busy();
    await page.locator('.grid-scroll').evaluate((element) => {
      element.scrollTop = 0;
    });
    await scroll(page, frames);
    tell(count, 'scroll-all-loaded', ((await busy()) - atEnd) / frames, 'ms/frame');
    tell(count, 'search', await took(() => search(page, lastOf(count))), 'ms');
    await page.context().close();
  } finally {
    await stage.close();
  }
  expect(complaints).toEqual([]);
});
