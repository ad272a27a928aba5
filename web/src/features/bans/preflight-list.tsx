import { plural, t } from '@lingui/core/macro';
import { CircleCheck, CircleSlash, LoaderCircle, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Outcome } from '@/api/types';
import { shortAddress, visible } from '@/lib/plain';
import type { Preflight, Verdict } from './preflight';

const shown = 12;
const rank: Partial<Record<Outcome['outcome'], number>> = { refused: 0, failed: 0, needs_confirmation: 1, would_ban: 2, already_banned: 3 };

function look(outcome: Outcome['outcome']): { icon: ReactNode; word: string; tone: string } {
  switch (outcome) {
    case 'would_ban':
      return { icon: <CircleCheck aria-hidden />, word: t`will be banned`, tone: 'text-ok' };
    case 'already_banned':
      return { icon: <CircleCheck aria-hidden />, word: t`is banned already`, tone: 'text-muted' };
    case 'needs_confirmation':
      return { icon: <TriangleAlert aria-hidden />, word: t`needs a second yes`, tone: 'text-warn' };
    default:
      return { icon: <CircleSlash aria-hidden />, word: t`refused`, tone: 'text-danger' };
  }
}

/** What would come of each address, the refused ones first. */
export function PreflightList({ preflight, verdict }: { preflight: Preflight; verdict: Verdict }) {
  const sorted = preflight.outcomes.toSorted((a, b) => (rank[a.outcome] ?? 0) - (rank[b.outcome] ?? 0));
  return (
    <section aria-live="polite" aria-label={t`What would happen`} className="min-h-9 text-sm">
      {preflight.state === 'empty' && <p className="text-muted">{t`What would happen stands here before anything does.`}</p>}
      {preflight.state === 'asking' && (
        <p className="flex items-center gap-2 text-muted">
          <LoaderCircle className="size-4 animate-spin" aria-hidden />
          {t`Asking the server…`}
        </p>
      )}
      {preflight.state === 'known' && (
        <>
          <ul className="divide-y divide-line rounded-md border border-line">
            {sorted.slice(0, shown).map((outcome) => {
              const { icon, word, tone } = look(outcome.outcome);
              return (
                <li key={outcome.address} className="flex flex-wrap items-center gap-x-3 px-3 py-1.5">
                  <span className="font-mono" title={visible(outcome.address)}>
                    {shortAddress(outcome.address, 43)}
                  </span>
                  <span className={`flex items-center gap-1.5 font-medium [&>svg]:size-4 ${tone}`}>
                    {icon}
                    {word}
                  </span>
                  {outcome.detail !== null && <span className="basis-full text-muted wrap-anywhere">{visible(outcome.detail)}</span>}
                </li>
              );
            })}
          </ul>
          {sorted.length > shown && (
            <p className="pt-1 text-xs text-muted">{plural(sorted.length - shown, { one: 'and # more', other: 'and # more' })}</p>
          )}
          {verdict.refused.length > 0 && <p className="pt-2 text-danger">{t`Take the refused ones out to go on.`}</p>}
        </>
      )}
    </section>
  );
}
