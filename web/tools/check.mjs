// Everything about the page that can be checked without running it:
// format and lint, types, dead code, catalogues, generated types, bundle size.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const entryLimit = 210_000;
const chunkLimit = 140_000;
const spec = '../docs/openapi.yaml';
const generator = 'tools/openapi/node_modules/openapi-typescript/bin/cli.js';
let failed = false;

function step(name, run) {
  const problem = run();
  process.stdout.write(`${problem === undefined ? 'ok  ' : 'FAIL'} ${name}\n`);
  if (problem === undefined) return;
  failed = true;
  process.stdout.write(`${problem}\n`);
}

function tool(command, ...args) {
  const { status, stdout, stderr } = spawnSync(join('node_modules', '.bin', command), args, { encoding: 'utf8' });
  return status === 0 ? undefined : `${stdout}${stderr}`;
}

function catalogues() {
  const before = ['en', 'de'].map((l) => readFileSync(`src/locales/${l}.po`, 'utf8'));
  const problem = tool('lingui', 'extract', '--clean');
  const after = ['en', 'de'].map((l) => readFileSync(`src/locales/${l}.po`, 'utf8'));
  if (problem !== undefined) return problem;
  if (before.join() !== after.join()) return 'Messages changed: commit what `npm run messages` wrote to src/locales.';
  const entries = (after[1] ?? '').split('\n\n').slice(1);
  const empty = entries.filter((e) => e.includes('msgid') && /msgstr ""\s*$/.test(e));
  return empty.length === 0 ? undefined : `Without a German text:\n${empty.join('\n')}`;
}

function generatedTypes() {
  if (!existsSync(spec)) return `${spec} is missing; run make generate`;
  const folder = mkdtempSync(join(tmpdir(), 'bangui-api-'));
  try {
    const made = join(folder, 'schema.d.ts');
    const run = spawnSync(process.execPath, [generator, spec, '-o', made], { encoding: 'utf8' });
    if (run.status !== 0) return `${run.stdout}${run.stderr}`;
    const same = readFileSync(made, 'utf8') === readFileSync('src/api/schema.d.ts', 'utf8');
    return same ? undefined : 'src/api/schema.d.ts is not what docs/openapi.yaml says: run `npm run generate` and commit it.';
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The entry is what index.html asks for at once: its script, what that imports at once, its styles. */
function bundle() {
  if (!existsSync('dist/index.html')) return 'Nothing is built: run `npm run build` first.';
  const size = (name) => gzipSync(readFileSync(join('dist/assets', name))).length;
  const asked = [...readFileSync('dist/index.html', 'utf8').matchAll(/assets\/([\w.-]+\.(?:js|css))/g)].map((m) => m[1]);
  const entry = new Set(asked);
  for (const name of entry) {
    if (!name.endsWith('.js')) continue;
    const text = readFileSync(join('dist/assets', name), 'utf8');
    for (const [, other] of text.matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g)) entry.add(other);
  }
  const total = [...entry].reduce((sum, name) => sum + size(name), 0);
  process.stdout.write(`     entry ${(total / 1000).toFixed(1)} kB gzip of at most ${entryLimit / 1000}\n`);
  if (total > entryLimit) return `The entry is larger than ${entryLimit} bytes.`;
  const large = readdirSync('dist/assets').filter((name) => !entry.has(name) && size(name) > chunkLimit);
  return large.length === 0 ? undefined : `Larger than ${chunkLimit} bytes: ${large.join(', ')}`;
}

step('format and lint (biome)', () => tool('biome', 'check', '--error-on-warnings'));
step('types (tsc)', () => tool('tsc', '--project', '.'));
step('dead code (knip)', () => tool('knip'));
step('catalogues (lingui)', catalogues);
step('API types', generatedTypes);
step('bundle size', bundle);
process.exit(failed ? 1 : 0);
