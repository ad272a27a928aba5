import { t } from '@lingui/core/macro';
import { useState } from 'react';
import { longestBan, shortestBan } from '@/api/ends';
import type { Jail } from '@/api/types';
import { useNow } from '@/lib/clock';
import { visible } from '@/lib/plain';
import { duration, fullTime } from '@/lib/time';
import { Field, Input, Select } from '@/ui/field';

const presets = [600, 3600, 86_400, 7 * 86_400, 30 * 86_400];
const units = [1, 60, 3600, 86_400] as const;

/** How long to ban: seconds undefined = as long as the jail bans. */
export interface BanLength {
  seconds: number | undefined;
  /** False while what was typed is no time. */
  ready: boolean;
  choice: string;
  count: string;
  unit: number;
  set: (next: Partial<{ choice: string; count: string; unit: number }>) => void;
}

/** What is chosen and typed in a LengthPick. */
export function useBanLength(): BanLength {
  const [draft, setDraft] = useState({ choice: 'jail', count: '2', unit: 3600 });
  const set: BanLength['set'] = (next) => setDraft((old) => ({ ...old, ...next }));
  const { choice, count, unit } = draft;
  if (choice === 'jail') return { ...draft, set, seconds: undefined, ready: true };
  if (choice !== 'own') return { ...draft, set, seconds: Number(choice), ready: true };
  const seconds = /^\d{1,9}$/.test(count.trim()) ? Number(count) * unit : Number.NaN;
  const ready = seconds >= shortestBan && seconds <= longestBan;
  return { ...draft, set, seconds: ready ? seconds : undefined, ready };
}

/** For how long: the jail's time, a usual one or one's own; and what BanGUI does for it. */
export function LengthPick({ length, jail }: { length: BanLength; jail: Jail | undefined }) {
  const { choice, set, ready } = length;
  const byJail = jail === undefined ? t`As long as the jail bans` : t`As long as the jail bans (${duration(jail.ban_seconds)})`;
  return (
    <div className="flex flex-col gap-2">
      <Field label={t`How long`}>
        <Select value={choice} onChange={(event) => set({ choice: event.target.value })}>
          <option value="jail">{byJail}</option>
          {presets.map((seconds) => (
            <option key={seconds} value={seconds}>
              {duration(seconds)}
            </option>
          ))}
          <option value="own">{t`Another time…`}</option>
        </Select>
      </Field>
      {choice === 'own' && <OwnLength length={length} />}
      <p className="text-xs text-muted" role="status">
        {ready && <Note seconds={length.seconds} jail={jail} />}
      </p>
    </div>
  );
}

function OwnLength({ length: { count, unit, set, ready } }: { length: BanLength }) {
  const names: Record<number, string> = { 1: t`seconds`, 60: t`minutes`, 3600: t`hours`, 86400: t`days` };
  return (
    <div className="flex items-start gap-2">
      <Field label={t`Time`} error={ready ? undefined : t`From ${duration(shortestBan)} to ${duration(longestBan)}, in whole numbers.`}>
        <Input inputMode="numeric" autoComplete="off" value={count} onChange={(event) => set({ count: event.target.value })} />
      </Field>
      <Field label={t`Unit`}>
        <Select value={unit} onChange={(event) => set({ unit: Number(event.target.value) })}>
          {units.map((one) => (
            <option key={one} value={one}>
              {names[one]}
            </option>
          ))}
        </Select>
      </Field>
    </div>
  );
}

/** Who ends the ban, and when. */
function Note({ seconds, jail }: { seconds: number | undefined; jail: Jail | undefined }) {
  const now = useNow();
  if (jail === undefined) return null;
  const name = visible(jail.name);
  if (seconds === undefined) return t`fail2ban ends it by itself, by the time of ${name}.`;
  const at = fullTime(new Date(now + seconds * 1000).toISOString());
  const byJail = duration(jail.ban_seconds);
  if (jail.ban_seconds >= 0 && jail.ban_seconds < seconds) {
    return t`Ends about ${at}. ${name} itself bans for ${byJail} only: BanGUI bans again each time, until then.`;
  }
  return t`Ends about ${at}. fail2ban knows no time for a single ban, and ${name} bans for ${byJail}: BanGUI lifts it.`;
}
