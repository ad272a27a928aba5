import type { ExpressionLine } from '@/api/types';

/** What a part of a line is. */
export type Role = 'plain' | 'match' | 'date' | 'group' | 'user' | 'id';

export interface Part {
  text: string;
  role: Role;
  /** Of the group that took it; '' = of none. */
  name: string;
}

interface Mark {
  start: number;
  end: number;
  role: Role;
  name: string;
}

const rank: Record<Role, number> = { plain: 0, match: 1, date: 2, group: 3, user: 4, id: 5 };
const ids = ['fid', 'ip4', 'ip6', 'dns'];

function roleOf(group: string): Role {
  if (ids.includes(group)) return 'id';
  return /^(alt_)?user(_\d+)?$/.test(group) ? 'user' : 'group';
}

/** The marks of each line by its number: a match may begin in an earlier line than the one that it was found on. */
export function marksOf(lines: readonly ExpressionLine[]): Map<number, Mark[]> {
  const all = new Map<number, Mark[]>();
  const put = (line: number, mark: Mark) => {
    if (mark.end <= mark.start) return;
    const known = all.get(line);
    if (known === undefined) all.set(line, [mark]);
    else known.push(mark);
  };
  for (const line of lines) {
    put(line.number, { start: line.date_start, end: line.date_end, role: 'date', name: '' });
    for (const hit of line.hits ?? []) {
      put(hit.line, { start: hit.start, end: hit.end, role: 'match', name: '' });
      for (const group of hit.groups ?? []) {
        // What a prefix sets apart is most of the line: to mark it would say nothing.
        if (group.name === 'content' || group.name === 'mlfid') continue;
        put(group.line, { start: group.start, end: group.end, role: roleOf(group.name), name: group.name });
      }
    }
  }
  return all;
}

/** A line in parts, each with the strongest of its marks. Places count characters, not what JavaScript counts. */
export function partsOf(text: string, marks: readonly Mark[]): Part[] {
  const chars = Array.from(text);
  const by = new Array<Mark | undefined>(chars.length);
  for (const mark of marks) {
    for (let at = Math.max(mark.start, 0); at < Math.min(mark.end, chars.length); at++) {
      const before = by[at];
      if (before === undefined || rank[before.role] < rank[mark.role]) by[at] = mark;
    }
  }
  const parts: Part[] = [];
  chars.forEach((char, at) => {
    const mark = by[at];
    const role = mark?.role ?? 'plain';
    const name = mark?.name ?? '';
    const last = parts.at(-1);
    if (last !== undefined && last.role === role && last.name === name) last.text += char;
    else parts.push({ text: char, role, name });
  });
  return parts;
}
