/** The name of a filter or an action with what stands in brackets behind it. */
export interface Named {
  name: string;
  parameters: [name: string, value: string][];
}

const head = /^([A-Za-z0-9][\w.-]*)(?:\[(.*)\])?$/s;
const parameter = /\s*([A-Za-z_][\w-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^,"'[\]]*))\s*(?:,|$)/y;

/** Reads NAME[a=b, c="d"]; undefined for what is written otherwise. */
export function readNamed(text: string): Named | undefined {
  const [, name, inside] = head.exec(text.trim()) ?? [];
  if (name === undefined) return undefined;
  const parameters: [string, string][] = [];
  parameter.lastIndex = 0;
  while (inside !== undefined && parameter.lastIndex < inside.length) {
    const [, key = '', double, single, bare] = parameter.exec(inside) ?? [];
    if (key === '') return undefined;
    parameters.push([key, double ?? single ?? (bare ?? '').trim()]);
  }
  return { name, parameters };
}

const plain = /^[\w.-]*$/;

/** What brackets can't hold, because fail2ban knows no way to write it there. */
export function unwritable(value: string): boolean {
  return /["'[\]\n]/.test(value);
}

/** Writes it as fail2ban reads it: plain values bare, all others in quotes. */
export function writeNamed({ name, parameters }: Named): string {
  const said = parameters.filter(([, value]) => value !== '' && !unwritable(value));
  const inside = said.map(([key, value]) => (plain.test(value) ? `${key}=${value}` : `${key}="${value}"`)).join(', ');
  return inside === '' ? name : `${name}[${inside}]`;
}

/** The parameters with one of them given; '' leaves it to what the file says. */
export function withParameter({ name, parameters }: Named, key: string, value: string): Named {
  const rest = parameters.filter(([one]) => one !== key);
  return { name, parameters: value === '' ? rest : [...rest, [key, value]] };
}
