const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, mo: 2_629_800, y: 31_557_600 };

// The spellings that fail2ban knows, each to its unit.
const spellings: [unit: string, words: string][] = [
  ['s', 's ss sec secs second seconds'],
  ['m', 'm mm min mins minute minutes'],
  ['h', 'h hh hou hour hours'],
  ['d', 'd dd da day days'],
  ['w', 'w ww wee week weeks'],
  ['mo', 'mo mon month months'],
  ['y', 'y yy yea year years'],
];

const form = /^(?:\d{1,10}(?:\.\d{1,6})? ?[a-z]* ?)+$/;
const part = /(\d+(?:\.\d+)?) ?([a-z]*)/g;
const hundredYears = 100 * 31_557_600;

function unitOf(word: string): number | undefined {
  if (word === '') return 1;
  const found = spellings.find(([, words]) => words.split(' ').includes(word));
  return found === undefined ? undefined : units[found[0]];
}

/**
 * Reads a time as the server's grammar does: numbers with units that add up ("1d 12h", "90", "1.5h");
 * -1 is for ever. undefined for everything else: fail2ban would evaluate it as a program.
 */
export function secondsOf(text: string): number | undefined {
  const said = text.trim().toLowerCase();
  if (said === '-1') return -1;
  if (said.length > 100 || !form.test(said)) return undefined;
  let sum = 0;
  for (const [, digits = '', word = ''] of said.matchAll(part)) {
    const unit = unitOf(word);
    if (unit === undefined || /^0\d/.test(digits)) return undefined;
    sum += Number(digits) * unit;
  }
  return sum > hundredYears ? undefined : Math.round(sum);
}
