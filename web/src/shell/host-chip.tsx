import { t } from '@lingui/core/macro';
import { Link } from '@tanstack/react-router';
import { useFreshness } from '@/api/freshness';
import { hostStateInWords } from '@/api/words';
import { useNow } from '@/lib/clock';
import { visible } from '@/lib/plain';
import { fullTime, relativeTime, shortTime } from '@/lib/time';
import { classes } from '@/ui/classes';

const tones = { ok: 'text-ok', warn: 'text-warn', danger: 'text-danger', neutral: 'text-muted' };

/** The host: name, state in picture and word, and how old that is unless it is now. */
export function HostChip() {
  const { host, console, stale, asOf } = useFreshness();
  const now = useNow();
  const said = host === undefined ? undefined : hostStateInWords(host.state);
  const shown =
    console === 'lost'
      ? { mark: '?', word: t`Not known`, tone: 'warn' as const }
      : (said ?? { mark: '○', word: t`Asking`, tone: 'neutral' as const });
  const age = stale && asOf !== null ? shortTime(asOf, now) : undefined;
  return (
    <Link
      to="/about"
      title={asOf === null ? undefined : `${fullTime(asOf)} (${relativeTime(asOf, now)})`}
      className="flex h-8 min-w-0 items-center gap-2 rounded-md border border-line px-2.5 text-sm hover:bg-hover max-md:h-11"
    >
      <span className={classes('flex items-center gap-1.5 font-medium whitespace-nowrap', tones[shown.tone])}>
        <span aria-hidden>{shown.mark}</span>
        {shown.word}
      </span>
      {host !== undefined && (
        <span className={classes('truncate text-text', age !== undefined && 'max-md:hidden')}>{visible(host.name)}</span>
      )}
      {age !== undefined && <span className="text-xs whitespace-nowrap text-muted">{t`as of ${age}`}</span>}
      {age === undefined && host?.fail2ban.version != null && (
        <span className="text-xs whitespace-nowrap text-muted max-lg:hidden">fail2ban {visible(host.fail2ban.version)}</span>
      )}
    </Link>
  );
}
