/** One thing that is other than it was; undefined = it was not there. */
export interface Changed {
  name: string;
  before: string | undefined;
  after: string | undefined;
}

function fields(value: unknown): Map<string, string> {
  const found = new Map<string, string>();
  if (value === null || value === undefined || value === '') return found;
  const known = typeof value === 'string' ? parsed(value) : value;
  if (typeof known !== 'object' || known === null || Array.isArray(known)) {
    found.set('', typeof known === 'string' ? known : JSON.stringify(known));
    return found;
  }
  for (const [name, one] of Object.entries(known)) found.set(name, typeof one === 'string' ? one : JSON.stringify(one));
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // it was plain text
  }
}

/** What differs between before and after, name by name, in the order in which the names came. */
export function changedBetween(before: unknown, after: unknown): Changed[] {
  const old = fields(before);
  const now = fields(after);
  const names = [...new Set([...old.keys(), ...now.keys()])];
  return names
    .map((name) => ({ name, before: old.get(name), after: now.get(name) }))
    .filter((one) => one.before !== one.after || old.size === 0 || now.size === 0);
}
