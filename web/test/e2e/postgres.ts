import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until';

const root = '/usr/lib/postgresql';

/** The programs of the newest PostgreSQL that Debian's packages have put here. */
function programs(): string {
  const newest = Math.max(...readdirSync(root).map(Number).filter(Boolean));
  return join(root, String(newest), 'bin');
}

/** Who runs the server, which refuses to be root; nothing = ourselves. */
function account(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** A real PostgreSQL server with one database, at a socket in a folder of its own: no port of this machine is taken. */
export class Postgres {
  readonly dir = mkdtempSync(join(tmpdir(), 'pg-e2e-'));
  readonly #who = account();
  readonly #bin = programs();
  #server: ChildProcess | undefined;

  /** Where a console finds the database. */
  get address(): string {
    return `postgres://bangui@/bangui?host=${encodeURIComponent(this.dir)}`;
  }

  async start(): Promise<void> {
    if (this.#who.uid !== undefined && this.#who.gid !== undefined) chownSync(this.dir, this.#who.uid, this.#who.gid);
    const data = join(this.dir, 'data');
    const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' };
    execFileSync(join(this.#bin, 'initdb'), ['--no-sync', '-D', data, '-U', 'bangui', '-A', 'trust', '-E', 'UTF8'], {
      ...this.#who,
      env,
      cwd: this.dir,
      stdio: 'ignore',
    });
    const args = ['-D', data, '-k', this.dir, '-c', 'listen_addresses=', '-c', 'fsync=off', '-c', 'full_page_writes=off'];
    this.#server = spawn(join(this.#bin, 'postgres'), args, { ...this.#who, env, cwd: this.dir, stdio: 'ignore' });
    await until(() => this.#run('postgres', 'SELECT 1'), 'PostgreSQL answers');
    this.#run('postgres', 'CREATE DATABASE bangui');
  }

  #run(database: string, statement: string): boolean {
    try {
      execFileSync(join(this.#bin, 'psql'), ['-h', this.dir, '-U', 'bangui', '-qc', statement, database], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  }

  /** Holds the row of the lease, as somebody's forgotten transaction does; what it gives lets go. */
  holdLease(): () => Promise<void> {
    const hold = 'BEGIN; SELECT * FROM lease FOR UPDATE; SELECT pg_sleep(3600)';
    const holder = spawn(join(this.#bin, 'psql'), ['-h', this.dir, '-U', 'bangui', '-qc', hold, 'bangui'], { stdio: 'ignore' });
    return async () => {
      const gone = new Promise((done) => holder.once('exit', done));
      this.#run(
        'bangui',
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3600)' AND pid <> pg_backend_pid()",
      );
      await gone;
    };
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server !== undefined && server.exitCode === null && server.signalCode === null) {
      const gone = new Promise((done) => server.once('exit', done));
      server.kill('SIGQUIT');
      await gone;
    }
    rmSync(this.dir, { recursive: true, force: true });
  }
}
