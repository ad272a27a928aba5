import { plural, t } from '@lingui/core/macro';
import { lengthOf } from '@/api/ends';
import type { BanWithMatches } from '@/api/types';
import { endInWords, endsInWords } from '@/api/words';
import { useNow } from '@/lib/clock';
import { duration, forHowLong, fullTime } from '@/lib/time';
import { classes } from '@/ui/classes';
import { JailLink } from '@/ui/links';
import { LogLines } from '@/ui/log-lines';
import { OwnEnd } from '@/ui/own-end';
import { causeInWords } from './words';

/** A ban of the timeline: when, where, by whom and why; its end under it; the log lines behind a press. */
export function Past({ ban, open }: { ban: BanWithMatches; open: boolean }) {
  const now = useNow();
  const { jail, banned_at, ended_at, matches, own_end } = ban;
  const lines = matches ?? [];
  const lasted = ended_at === null ? undefined : duration((Date.parse(ended_at) - Date.parse(banned_at)) / 1000);
  return (
    <li className="relative flex flex-col gap-1.5 py-2 pr-4 pl-10 text-sm">
      <span className="absolute top-0 bottom-0 left-[21px] w-px bg-line" aria-hidden />
      <span
        className={classes(
          'absolute top-3.5 left-4 size-[11px] rounded-full border-2 border-accent',
          ended_at === null ? 'bg-accent' : 'bg-surface',
        )}
        aria-hidden
      />
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <time dateTime={banned_at} className="font-medium">
          {fullTime(banned_at)}
        </time>
        <span>{t`banned in`}</span>
        <JailLink jail={jail} />
        <span className="text-muted">{forHowLong(lengthOf(ban))}</span>
        {own_end && <OwnEnd />}
        <span className="wrap-anywhere">{causeInWords(ban)}</span>
      </p>
      <p className="text-muted">
        {ended_at === null ? endsInWords(ban, now) : t`${fullTime(ended_at)}: ${endInWords(ban.end_reason)}, after ${lasted ?? ''}`}
      </p>
      {lines.length > 0 && (
        <details open={open}>
          <summary className="cursor-pointer py-0.5 text-sm text-accent max-md:py-2.5">
            {plural(lines.length, { one: '# log line', other: '# log lines' })}
          </summary>
          <div className="flex flex-col gap-2 pt-1.5">
            <LogLines lines={lines} />
          </div>
        </details>
      )}
    </li>
  );
}
