import { plural, t } from '@lingui/core/macro';
import { Link } from '@tanstack/react-router';
import type { Finding, Jail } from '@/api/types';
import { jailStateInWords } from '@/api/words';
import { useNow } from '@/lib/clock';
import { visible } from '@/lib/plain';
import { fullTime, relativeTime } from '@/lib/time';
import { Badge, type Tone } from '@/ui/badge';
import { Card } from '@/ui/card';

const order = { error: 0, warning: 1, info: 2 };

function severity(of: Finding['severity']): { tone: Tone; word: string } {
  if (of === 'error') return { tone: 'danger', word: t`Broken` };
  return of === 'warning' ? { tone: 'warn', word: t`Look at it` } : { tone: 'neutral', word: t`Good to know` };
}

const line = 'grid grid-cols-[104px_minmax(0,1fr)_auto] items-start gap-x-3 gap-y-1 px-4 py-2.5 max-md:grid-cols-[1fr_auto]';
const words = 'min-w-0 text-sm wrap-anywhere max-md:order-last max-md:col-span-full';

/** What needs the operator; nothing at all where there is nothing. */
export function Attention({ findings, jails }: { findings: Finding[]; jails: Jail[] }) {
  const now = useNow();
  const resting = jails.filter((jail) => jail.state !== 'running');
  const count = findings.length + resting.length;
  if (count === 0) return null;
  const sorted = findings.toSorted((a, b) => order[a.severity] - order[b.severity]);
  return (
    <Card
      title={t`Needs attention`}
      aside={<span className="pr-2 text-xs text-muted">{plural(count, { one: '# thing', other: '# things' })}</span>}
      flush
    >
      <ul className="divide-y divide-line">
        {sorted.map((finding) => (
          <li key={finding.code + finding.text} className={line}>
            <span>
              <Badge tone={severity(finding.severity).tone}>{severity(finding.severity).word}</Badge>
            </span>
            <div className={words}>
              <p>{visible(finding.text)}</p>
              {finding.mend !== '' && <p className="text-muted">{visible(finding.mend)}</p>}
            </div>
            <span className="text-xs whitespace-nowrap text-muted" title={fullTime(finding.since)}>
              {relativeTime(finding.since, now)}
            </span>
          </li>
        ))}
        {resting.map((jail) => (
          <RestingJail key={jail.name} jail={jail} />
        ))}
      </ul>
    </Card>
  );
}

function RestingJail({ jail }: { jail: Jail }) {
  const state = jailStateInWords(jail.state);
  const name = visible(jail.name);
  return (
    <li className={line}>
      <span>
        <Badge tone={state.tone}>{state.word}</Badge>
      </span>
      <div className={words}>
        {jail.state === 'idle'
          ? t`Jail ${name} is paused: it bans nobody and its bans don't run out.`
          : t`Jail ${name} is enabled but doesn't run: it bans nobody.`}
      </div>
      <Link to="/jails/$jail" params={{ jail: jail.name }} className="text-sm text-accent hover:underline">
        {t`Open`}
      </Link>
    </li>
  );
}
