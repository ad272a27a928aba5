import type { BacktestOrder, ConfigEdit } from '@/api/types';
import { secondsOf } from '@/lib/span';

/** What a back-test asks, as it is typed. */
export interface Asked {
  /** How far back, in seconds. */
  span: number;
  /** Values to compare with what is now; '' = as it is. */
  maxretry: string;
  findtime: string;
  bantime: string;
  /** Several values each, with commas; '' = none. */
  sweep: { maxretry: string; findtime: string; bantime: string };
}

export const values = ['maxretry', 'findtime', 'bantime'] as const;
export type Value = (typeof values)[number];

const day = 86_400;

/** How far back one can choose. */
export const spans = [3600, 6 * 3600, day, 3 * day, 7 * day, 31 * day];

export const nothingAsked: Asked = {
  span: day,
  maxretry: '',
  findtime: '',
  bantime: '',
  sweep: { maxretry: '', findtime: '', bantime: '' },
};

/** A count or a time as the server takes it; undefined where it is neither. */
export function read(value: Value, text: string): number | undefined {
  const said = text.trim();
  if (value === 'maxretry') return /^[1-9]\d{0,4}$/.test(said) ? Number(said) : undefined;
  const seconds = secondsOf(said);
  if (seconds === undefined || seconds === 0 || (seconds < 0 && value === 'findtime')) return undefined;
  return seconds;
}

/** The values of a sweep, each once; undefined where one can't be, or they are too many. */
export function readAll(value: Value, text: string): number[] | undefined {
  const most = 12;
  const words = text.split(/[,;]/).filter((word) => word.trim() !== '');
  const all = words.map((word) => read(value, word));
  if (all.length > most || all.includes(undefined)) return undefined;
  return [...new Set(all as number[])];
}

/** Whether the server would take it, as far as the page sees. */
export function isWrong(asked: Asked): boolean {
  return values.some(
    (value) => (asked[value].trim() !== '' && read(value, asked[value]) === undefined) || readAll(value, asked.sweep[value]) === undefined,
  );
}

/** The order; draft are edits of the jail's settings that are not applied. */
export function orderOf(jail: string, asked: Asked, draft: readonly ConfigEdit[], etag: string | undefined): BacktestOrder {
  const typed = values.filter((value) => asked[value].trim() !== '');
  const edits: ConfigEdit[] = [
    ...draft.filter(({ option }) => !typed.some((value) => value === option)),
    ...typed.map((option) => ({ place: 'jail' as const, name: jail, option, value: String(read(option, asked[option])) })),
  ];
  const list = (value: Value) => readAll(value, asked.sweep[value]) ?? [];
  const order: BacktestOrder = {
    jail,
    span_seconds: asked.span,
    sweep: { max_retry: list('maxretry'), find_seconds: list('findtime'), ban_seconds: list('bantime') },
  };
  if (edits.length > 0) order.edits = edits;
  if (draft.length > 0 && etag !== undefined) order.etag = etag;
  return order;
}
