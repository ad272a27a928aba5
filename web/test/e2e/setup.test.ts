import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nobody, Stage } from './stage';

let stage: Stage;
const complaints: string[] = [];

beforeAll(async () => {
  stage = await Stage.open(complaints, { setUp: false });
});

afterAll(async () => {
  await stage?.close();
  expect(complaints).toEqual([]);
});

const token = () => readFileSync(join(stage.data, 'setup-token'), 'utf8').trim();

test('a wrong set-up token makes nobody, and the page says where the right one is', async () => {
  const page = await stage.page('/', { storageState: nobody });
  await page.getByRole('heading', { name: 'Set up BanGUI' }).waitFor();
  expect(await page.getByText('sudo bangui setup-token').count()).toBe(1);
  await page.getByLabel('Set-up token').fill('not-the-token');
  await page.getByLabel('User name').fill('anna');
  await page.getByLabel('Password', { exact: true }).fill('four plain words here');
  const create = page.getByRole('button', { name: 'Create the account and sign in' });
  expect(await create.isDisabled()).toBe(true);
  await page.getByLabel('Password again').fill('four plain words');
  await page.getByText('The two are not the same.').waitFor();
  expect(await create.isDisabled()).toBe(true);
  await page.getByLabel('Password again').fill('four plain words here');
  await create.click();
  await page.getByText('This is not the token of this console.').waitFor();
  await page.context().close();
});

test('the link makes the first administrator, leaves no token behind, and works once', async () => {
  const secret = token();
  const page = await stage.page(`/bans#setup=${secret}`, { storageState: nobody });
  await page.getByText('Set-up token taken from the link').waitFor();
  expect(page.url()).toBe(`${stage.url}/bans`);
  await page.getByLabel('User name').fill('Anna');
  await page.getByLabel('Password', { exact: true }).fill('short');
  await page.getByText('5 of at least 10 characters').waitFor();
  await page.getByLabel('Password', { exact: true }).fill('password1234');
  await page.getByLabel('Password again').fill('password1234');
  await page.getByRole('button', { name: 'Create the account and sign in' }).click();
  await page.getByText(/among those that are tried first/).waitFor();
  await page.getByLabel('Password', { exact: true }).fill('four plain words here');
  await page.getByLabel('Password again').fill('four plain words here');
  await page.getByRole('button', { name: 'Create the account and sign in' }).click();
  await page.getByRole('heading', { name: 'Bans' }).waitFor();
  await page.getByRole('button', { name: 'Account of anna' }).waitFor();
  expect(await page.evaluate(() => JSON.stringify([location.href, { ...localStorage }, { ...sessionStorage }]))).not.toContain(secret);
  expect((await fetch(`${stage.url}/api/v1/setup`)).status).toBe(404);

  const again = await stage.page(`/#setup=${secret}`, { storageState: nobody });
  await again.getByText('BanGUI is set up already').waitFor();
  await again.getByRole('heading', { name: 'Sign in to BanGUI' }).waitFor();
  expect(again.url()).toBe(`${stage.url}/`);
  await again.context().close();
  await page.context().close();
});
