/** An address or prefix as a person typed it, checked in form only. */
export interface Target {
  text: string;
  family: 4 | 6;
  /** Length of the prefix: 32 or 128 for a single address. */
  bits: number;
}

/** Reads "203.0.113.7", "198.51.100.0/24", "2001:db8::/48"; undefined for anything else. */
export function parseTarget(input: string): Target | undefined {
  const text = input.trim().replace(/^\[(.*)\]$/, '$1');
  const [address = '', mask, ...more] = text.split('/');
  if (more.length > 0) return undefined;
  const family = isV4(address) ? 4 : isV6(address) ? 6 : undefined;
  if (family === undefined) return undefined;
  const full = family === 4 ? 32 : 128;
  if (mask === undefined) return { text, family, bits: full };
  if (!/^\d{1,3}$/.test(mask) || Number(mask) > full) return undefined;
  return { text, family, bits: Number(mask) };
}

function isV4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((p) => /^(0|[1-9]\d{0,2})$/.test(p) && Number(p) < 256);
}

function isV6(text: string): boolean {
  if (!/^[0-9a-fA-F:.]+$/.test(text) || !text.includes(':')) return false;
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  const dotted = last.includes('.');
  if (dotted && !isV4(last)) return false;
  const plain = dotted ? groups.slice(0, -1) : groups;
  if (!plain.every((g) => /^[0-9a-fA-F]{1,4}$/.test(g))) return false;
  const count = plain.length + (dotted ? 2 : 0);
  return halves.length === 2 ? count < 8 : count === 8;
}

/** Whether it is a network and not a single address. */
export function isNetwork(target: Target): boolean {
  return target.bits < (target.family === 4 ? 32 : 128);
}

/** How many addresses a prefix holds, as a power of two when it is beyond counting. */
export function sizeOf(target: Target): { exact: number } | { power: number } {
  const free = (target.family === 4 ? 32 : 128) - target.bits;
  return free <= 32 ? { exact: 2 ** free } : { power: free };
}

/** The pieces of a text with one or many addresses: split at spaces, commas, semicolons. */
export function splitTargets(input: string): { targets: Target[]; wrong: string[] } {
  const targets: Target[] = [];
  const wrong: string[] = [];
  const seen = new Set<string>();
  for (const piece of input.split(/[\s,;]+/)) {
    if (piece === '' || seen.has(piece)) continue;
    seen.add(piece);
    const target = parseTarget(piece);
    if (target === undefined) wrong.push(piece);
    else targets.push(target);
  }
  return { targets, wrong };
}

/** The bits of an address; '' is never given, the form was checked before. */
function numberOf(address: string, family: 4 | 6): bigint {
  if (family === 4) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const hex = (a: string, b: string) => (Number(a) * 256 + Number(b)).toString(16);
  const [, head, a = '', b = '', c = '', d = ''] = dotted ?? [];
  const text = dotted === null ? address : `${head}${hex(a, b)}:${hex(c, d)}`;
  const [left = '', right] = text.split('::');
  const groups = (half: string) => (half === '' ? [] : half.split(':'));
  const tail = groups(right ?? '');
  const zeros = Array<string>(Math.max(0, 8 - groups(left).length - tail.length)).fill('0');
  const all = right === undefined ? groups(left) : [...groups(left), ...zeros, ...tail];
  return all.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

/** Whether a network holds an address or a smaller network. */
export function holds(network: Target, inner: Target): boolean {
  if (network.family !== inner.family || inner.bits < network.bits) return false;
  const shift = BigInt((network.family === 4 ? 32 : 128) - network.bits);
  const start = ({ text, family }: Target) => numberOf(text.split('/')[0] ?? '', family) >> shift;
  return start(network) === start(inner);
}
