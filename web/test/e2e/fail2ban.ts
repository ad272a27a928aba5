import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from './until';

const run = promisify(execFile);
const stock = '/etc/fail2ban';

/** A real fail2ban server in a folder of its own; it touches no firewall. */
export class Fail2ban {
  readonly dir = mkdtempSync(join(tmpdir(), 'bangui-e2e-'));
  readonly socket = join(this.dir, 'fail2ban.sock');
  readonly config = join(this.dir, 'etc');
  readonly authLog = join(this.dir, 'auth.log');
  #server: ChildProcess | undefined;

  constructor() {
    mkdirSync(join(this.config, 'jail.d'), { recursive: true });
    for (const name of ['action.d', 'filter.d', 'fail2ban.conf', 'jail.conf', 'paths-common.conf', 'paths-debian.conf']) {
      if (existsSync(join(stock, name))) cpSync(join(stock, name), join(this.config, name), { recursive: true });
    }
    writeFileSync(this.authLog, '');
    writeFileSync(
      join(this.config, 'fail2ban.local'),
      `[Definition]\nlogtarget = ${this.dir}/fail2ban.log\nsocket = ${this.socket}\npidfile = ${this.dir}/fail2ban.pid\ndbfile = ${this.dir}/fail2ban.sqlite3\n`,
    );
    writeFileSync(join(this.config, 'action.d', 'nothing.conf'), '[Definition]\nactionban =\nactionunban =\n');
    writeFileSync(
      join(this.config, 'jail.local'),
      `[DEFAULT]\nbanaction = nothing\nbanaction_allports = nothing\nbackend = polling\nignoreself = false\nbantime = 10m\nfindtime = 10m\nmaxretry = 3\n` +
        `[sshd]\nenabled = true\nlogpath = ${this.authLog}\n[many]\nenabled = true\nfilter =\nbantime = 1d\n`,
    );
  }

  async start(): Promise<void> {
    this.#server = spawn(
      'fail2ban-server',
      ['-f', '-x', '-c', this.config, '-s', this.socket, '-p', join(this.dir, 'fail2ban.pid'), 'start'],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    await until(async () => (await this.client('status')).includes('sshd'), 'fail2ban runs its jails');
  }

  /** Sends a signal to the server: SIGSTOP, SIGCONT, SIGKILL. */
  signal(name: NodeJS.Signals): void {
    this.#server?.kill(name);
  }

  /** Ends the server that answers now as a crash does, whoever started it. */
  async crash(): Promise<void> {
    const pid = Number(readFileSync(join(this.dir, 'fail2ban.pid'), 'utf8'));
    process.kill(pid, 'SIGKILL');
    await until(async () => (await this.client('ping')) === '', 'it is gone');
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    if (server.exitCode !== null || server.signalCode !== null) {
      await this.client('stop'); // the one that a restart put in its place
      return;
    }
    const gone = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGCONT');
    server.kill('SIGTERM');
    const hard = setTimeout(() => server.kill('SIGKILL'), 20_000);
    await gone;
    clearTimeout(hard);
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** What fail2ban's own client answers; '' when nobody answers it. */
  async client(...args: string[]): Promise<string> {
    try {
      return (await run('fail2ban-client', ['-c', this.config, '-s', this.socket, ...args], { timeout: 60_000 })).stdout;
    } catch {
      return '';
    }
  }

  async isBanned(address: string, jail = 'sshd'): Promise<boolean> {
    return (await this.client('get', jail, 'banip')).split(/\s+/).includes(address);
  }

  /** Failed log-ins in the log that the sshd jail watches; a user in bytes need not be text. */
  attack(address: string, user: string | Buffer = 'root', times = 3): void {
    const stamp = new Date()
      .toLocaleString('en-US', { month: 'short', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
      .replace(',', '');
    const before = Buffer.from(`${stamp} web sshd[4242]: Failed password for invalid user `);
    const after = Buffer.from(` from ${address} port 51234 ssh2\n`);
    const line = Buffer.concat([before, Buffer.from(user), after]);
    appendFileSync(this.authLog, Buffer.concat(Array.from({ length: times }, () => line)));
  }

  /** All that is banned in a jail, sorted. */
  async banned(jail = 'sshd'): Promise<string[]> {
    return (await this.client('get', jail, 'banip')).split(/\s+/).filter(Boolean).sort();
  }

  /** What logrotate does to fail2ban's own log: renames it and tells fail2ban. */
  async rotate(): Promise<void> {
    renameSync(this.#log, `${this.#log}.1`);
    await this.client('flushlogs');
  }

  log(): string {
    return readFileSync(this.#log, 'utf8');
  }

  get #log(): string {
    return join(this.dir, 'fail2ban.log');
  }
}
