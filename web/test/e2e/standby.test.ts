import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Postgres } from './postgres';
import { Console, Stage } from './stage';

const postgres = new Postgres();
let stage: Stage;
let second: Console;
const complaints: string[] = [];
// Others may take over after ten seconds; a machine that stands still takes its time.
const leads = 60_000;

beforeAll(async () => {
  await postgres.start();
  const shared = ['--database', postgres.address, '--lease-ttl', '10s', '--lease-heartbeat', '2s'];
  stage = await Stage.open(complaints, { settings: shared });
  const nowhere = ['--listen', '127.0.0.1:0', '--fail2ban-socket', join(stage.fail2ban.dir, 'none.sock')];
  second = await Console.start(join(stage.fail2ban.dir, 'second'), [...nowhere, ...shared], false);
});

afterAll(async () => {
  await second?.stop();
  await stage?.close();
  await postgres.stop();
  expect(complaints).toEqual([]);
});

test('a standby says whose, leads once the leader was stopped, and says when it is blocked', async () => {
  const first = await stage.page('/jobs');
  await first.getByRole('button', { name: /^Background jobs: Jobs run here/ }).waitFor({ timeout: leads });
  const page = await stage.page('/jobs', {}, second.url);
  const holder = /process \d+ on \S+/;
  const chip = page.getByRole('button', { name: /^Background jobs: Standby, done by process \d+ on \S+/ });
  await chip.waitFor({ timeout: leads });
  const [whom = ''] = holder.exec((await chip.getAttribute('aria-label')) ?? '') ?? [];
  await chip.click();
  await page.getByText(`${whom} does the background jobs, since`).first().waitFor();
  await page.keyboard.press('Escape');
  await first.context().close();

  await stage.stopConsole();
  await page.getByRole('button', { name: /^Background jobs: Jobs run here/ }).waitFor({ timeout: leads });
  await page.getByRole('listitem').filter({ hasText: 'Took over' }).filter({ hasText: 'nobody had it' }).first().waitFor();

  const letGo = postgres.holdLease();
  const blocked = page.getByRole('button', { name: /^Background jobs: Jobs blocked/ });
  await blocked.waitFor({ timeout: leads });
  await blocked.click();
  await page
    .getByText(/^The background jobs wait until the database answers: \S/)
    .first()
    .waitFor();
  await page.keyboard.press('Escape');
  await letGo();
  await page.getByRole('button', { name: /^Background jobs: Jobs run here/ }).waitFor({ timeout: leads });
  await page.context().close();
});
