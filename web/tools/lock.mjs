// Completes package-lock.json with the optional packages of other platforms.
//
// A registry mirror may hold only the platforms that somebody has used; `npm install`
// then leaves the others out of the lock file, and `npm ci` refuses a lock file without
// them, on every platform. Run it after `npm install`: node tools/lock.mjs
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const systems = ['android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'aix', 'win32'];
const processors = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 's390x', 'riscv64', 'loong64', 'mips64el', 'wasm32'];

function platform(name) {
  const words = name.split(/[-/]/);
  const os = systems.filter((system) => words.includes(system));
  const cpu = processors.filter((processor) => words.includes(processor));
  return { ...(os.length > 0 && { os }), ...(cpu.length > 0 && { cpu }) };
}

let added = 0;
for (const [where, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (!/^\d/.test(version)) continue; // a range: npm's to resolve
    const beside = `${where.slice(0, where.lastIndexOf('node_modules/'))}node_modules/${name}`;
    const candidates = [`${where}/node_modules/${name}`, beside, `node_modules/${name}`];
    if (candidates.some((place) => lock.packages[place]?.version === version)) continue;
    const place = [beside, candidates[0]].find((free) => !lock.packages[free]);
    if (!place) continue;
    lock.packages[place] = { version, ...(entry.dev && { dev: true }), optional: true, ...platform(name) };
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} optional packages added`);
