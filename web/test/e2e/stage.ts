import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { Fail2ban } from './fail2ban';
import { until } from './until';

const binary = resolve(process.env.BANGUI_BIN ?? '../bin/bangui');
// A base path in every test: what forgets it breaks here.
const basePath = '/x/bangui';

/** The first administrator of every stage that is set up. */
export const admin = { username: 'anna', password: 'four plain words here' };

/** Within that the page of a session that was ended says so: at once, and what a machine takes that stands still. */
export const endsAtOnce = 14_000;

/** A window of somebody who is not signed in. */
export const nobody: State = { cookies: [], origins: [] };

type State = Exclude<BrowserContextOptions['storageState'], string | undefined>;

interface StageOptions {
  /** False for a console that waits for its first administrator. */
  setUp?: boolean;
  /** More settings of the console. */
  settings?: string[];
  /** What the machine's owner wrote into helper.conf: a helper holds fail2ban's socket then, and reads it. */
  owner?: string;
  /** Bans of the last sixty days that are in the archive already; see package historytest. */
  past?: number;
}

/** A real console: a process on a data folder, its first administrator from the settings unless it waits for one. */
export class Console {
  private constructor(
    readonly url: string,
    readonly process: ChildProcess,
  ) {}

  static async start(data: string, settings: string[], setUp = true): Promise<Console> {
    mkdirSync(data, { recursive: true });
    const secret = `${data}-password`;
    writeFileSync(secret, `${admin.password}\n`, { mode: 0o600 });
    const first = setUp ? ['--setup-user', admin.username, '--setup-password-file', secret] : [];
    const args = [
      'serve',
      '--data-dir',
      data,
      ...settings,
      ...first,
      '--base-path',
      basePath,
      '--rate-limit',
      '10000',
      '--log-level',
      'warn',
    ];
    const process = spawn(binary, args, { stdio: ['ignore', 'inherit', 'inherit'], env: environment() });
    const said = join(data, 'listen');
    await until(() => existsSync(said) && readFileSync(said, 'utf8').trim() !== '', 'the console says where it listens');
    const url = readFileSync(said, 'utf8').trim().replace(/\/$/, '');
    await until(async () => (await fetch(`${url}/api/health/ready`).catch(() => undefined))?.ok === true, 'the console is ready');
    return new Console(url, process);
  }

  stop(): Promise<void> {
    return ended(this.process);
  }
}

/** Ends a process of ours in order. */
async function ended(process: ChildProcess | undefined): Promise<void> {
  if (process === undefined || process.exitCode !== null) return;
  const gone = new Promise((done) => process.once('exit', done));
  process.kill('SIGTERM');
  await gone;
}

/** Ours without BANGUI_…: each of those would be a setting of the console. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('BANGUI_')));
}

/** A real fail2ban, the real binary on it, and a browser. */
export class Stage {
  readonly fail2ban = new Fail2ban();
  url = '';
  #console: Console | undefined;
  #helper: ChildProcess | undefined;
  #browser: Browser | undefined;
  #admin: State = nobody;

  /** Everything that a page complains about goes to complaints: script errors, broken policy, requests elsewhere. */
  private constructor(
    readonly complaints: string[],
    readonly options: StageOptions,
  ) {}

  static async open(complaints: string[], options: StageOptions = {}): Promise<Stage> {
    const stage = new Stage(complaints, options);
    try {
      await stage.#start();
      return stage;
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  async #start(): Promise<void> {
    await this.fail2ban.start();
    if (this.options.past !== undefined) this.#makePast(this.options.past);
    if (this.options.owner !== undefined) await this.#startHelper(this.options.owner);
    await this.startConsole();
    if (this.options.setUp !== false) this.#admin = await this.signIn(admin.username, admin.password);
    this.#browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
  }

  #makePast(bans: number): void {
    mkdirSync(this.data, { recursive: true });
    const maker = ['run', './internal/history/historytest/cmd/makebans', '-until', 'now', '-days', '60', '-n', String(bans)];
    execFileSync('go', [...maker, '-database', join(this.data, 'bangui.db')], { cwd: '..', stdio: ['ignore', 'ignore', 'inherit'] });
  }

  async #startHelper(owner: string): Promise<void> {
    const { dir, socket, config } = this.fail2ban;
    const conf = join(dir, 'helper.conf');
    writeFileSync(conf, owner, { mode: 0o600 });
    const args = ['helper', '--socket', this.#helperSocket, '--helper-conf', conf, '--state-dir', dir, '--log-level', 'warn'];
    args.push('--fail2ban-socket', socket, '--fail2ban-config', config, '--allow-user', userInfo().username);
    this.#helper = spawn(binary, args, { stdio: ['ignore', 'inherit', 'inherit'], env: environment() });
    await until(() => existsSync(this.#helperSocket), 'the helper listens');
  }

  get #helperSocket(): string {
    return join(this.fail2ban.dir, 'helper.sock');
  }

  /** The console's data folder. */
  get data(): string {
    return join(this.fail2ban.dir, 'data');
  }

  async startConsole(): Promise<void> {
    const { socket, config } = this.fail2ban;
    const address = this.url === '' ? '127.0.0.1:0' : new URL(this.url).host;
    const at = this.#helper === undefined ? ['--fail2ban-socket', socket, '--fail2ban-config', config] : ['--helper', this.#helperSocket];
    this.#console = await Console.start(
      this.data,
      ['--listen', address, ...at, ...(this.options.settings ?? [])],
      this.options.setUp !== false,
    );
    this.url = this.#console.url;
  }

  async stopConsole(): Promise<void> {
    const running = this.#console;
    this.#console = undefined;
    await running?.stop();
  }

  /** Signs in without a browser; the state makes windows of who it is. */
  async signIn(username: string, password: string): Promise<State> {
    const answer = await fetch(`${this.url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ username, password }),
    });
    if (answer.status !== 204) throw new Error(`${username} can't sign in: ${answer.status} ${await answer.text()}`);
    const [pair = '', ...attributes] = (answer.headers.getSetCookie()[0] ?? '').split(/;\s*/);
    const [name = '', value = ''] = pair.split('=');
    const path = attributes.find((a) => a.startsWith('Path='))?.slice(5) ?? '/';
    const domain = new URL(this.url).hostname;
    return { cookies: [{ name, value, domain, path, expires: -1, httpOnly: true, secure: false, sameSite: 'Strict' }], origins: [] };
  }

  /** Lets ten minutes pass for all sessions: what reaches far wants the password again. */
  forgetPasswords(): void {
    const change =
      "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], timeout=10); db.execute('UPDATE session SET fresh_until = 0'); db.commit()";
    execFileSync('python3', ['-c', change, join(this.data, 'bangui.db')]);
  }

  /** A new browser window on a path of the page, of the administrator unless a state says otherwise; of another console than ours by its url. */
  async page(path: string, options: BrowserContextOptions = {}, url = this.url): Promise<Page> {
    if (this.#browser === undefined) throw new Error('the stage is not open');
    const context = await this.#browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: 'en-US',
      storageState: this.#admin,
      ...options,
    });
    context.setDefaultTimeout(60_000); // it bounds a hang
    const page = await context.newPage();
    const own = new URL(url).origin;
    page.on('pageerror', (error) => this.complaints.push(`script error: ${error.message}`));
    page.on('request', (request) => {
      if (!request.url().startsWith(own) && !request.url().startsWith('data:')) this.complaints.push(`request elsewhere: ${request.url()}`);
    });
    page.on('console', (message) => {
      if (/Content Security Policy|Trusted|Warning:|Uncompiled/.test(message.text())) this.complaints.push(message.text());
    });
    await page.goto(url + path);
    return page;
  }

  async close(): Promise<void> {
    await this.#browser?.close();
    await this.stopConsole();
    await ended(this.#helper);
    await this.fail2ban.stop();
    this.fail2ban.remove();
  }
}
