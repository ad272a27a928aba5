import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Stage } from './stage';

let stage: Stage;
const complaints: string[] = [];

beforeAll(async () => {
  stage = await Stage.open(complaints);
});

afterAll(async () => {
  await stage?.close();
  expect(complaints).toEqual([]);
});

test('a hand changes a file; it is seen, adopted, and what was before comes back', async () => {
  const page = await stage.page('/config/versions');
  const main = page.locator('main');
  await main.getByText('Version 1', { exact: true }).waitFor();
  appendFileSync(join(stage.fail2ban.config, 'jail.local'), 'findtime = 4321\n');
  await page.reload();
  const drift = main.getByRole('region', { name: 'Changed by hand' });
  await drift.getByText('1 file differs').waitFor();
  await drift.getByRole('button', { name: 'See what differs' }).click();
  await page.getByRole('dialog').getByText('+findtime = 4321').waitFor();
  await page.keyboard.press('Escape');
  await drift.getByRole('button', { name: 'Adopt it…' }).click();
  const adopting = page.getByRole('dialog', { name: 'Adopt what was changed by hand' });
  await adopting.getByLabel(/^Why/).fill('it was me');
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
  expect(violations.map((v) => v.id)).toEqual([]);
  await adopting.getByRole('button', { name: 'Adopt', exact: true }).click();
  await main.getByText('it was me').waitFor();
  await drift.waitFor({ state: 'detached' });

  await main.getByRole('button', { name: 'See what version 2 changed' }).click();
  await page.getByRole('dialog', { name: 'Version 2' }).getByText('+findtime = 4321').waitFor();
  await page.keyboard.press('Escape');
  await main.getByRole('button', { name: 'Restore version 1' }).click();
  const restoring = page.getByRole('dialog', { name: 'Restore version 1' });
  await restoring.getByText('-findtime = 4321').waitFor();
  await restoring.getByLabel('How long it is on trial').selectOption('600');
  await restoring.getByLabel(/^Why/).fill('back');
  await restoring.getByRole('button', { name: /^Apply/ }).click();
  await main.getByText('Version 3', { exact: true }).waitFor();
  await main.getByText('restored').waitFor();
  await main.getByText('on trial', { exact: true }).waitFor();
  await page.getByRole('region', { name: 'Change on trial' }).getByRole('button', { name: 'Keep it' }).click();
  await main.getByText('on trial', { exact: true }).waitFor({ state: 'detached' });
  await page.context().close();
}, 480_000);
