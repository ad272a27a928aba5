import { plural, t } from '@lingui/core/macro';
import { effectPlace, optionInWords, stepInWords, valueInWords } from '@/api/config-words';
import type { ConfigEffect, ConfigStep } from '@/api/types';
import { clip, visible } from '@/lib/plain';

const keyOf = ({ jail, part, option }: ConfigEffect) => `${jail} ${part} ${option}`;
const longest = 300;
const shown = 200;

/** Each value that counts and differs, before and after; what only follows from it stays folded. */
export function Effects({ effects }: { effects: readonly ConfigEffect[] }) {
  const own = effects.filter(({ part }) => part === null);
  const derived = effects.filter(({ part }) => part !== null);
  if (effects.length === 0) return <p className="text-sm text-muted">{t`No value that counts differs.`}</p>;
  return (
    <>
      <List effects={own} />
      {derived.length > 0 && (
        <details>
          <summary className="min-h-6 text-sm text-accent max-md:min-h-11">
            {plural(derived.length, {
              one: '# value of a filter or action follows from it',
              other: '# values of filters and actions follow from it',
            })}
          </summary>
          <List effects={derived} />
        </details>
      )}
    </>
  );
}

function List({ effects }: { effects: readonly ConfigEffect[] }) {
  if (effects.length === 0) return null;
  return (
    <ul className="divide-y divide-line rounded-md border border-line">
      {effects.slice(0, shown).map((effect) => (
        <li key={keyOf(effect)} className="flex flex-col gap-0.5 px-3 py-2 text-sm">
          <span className="wrap-anywhere">
            <span className="text-muted">{effectPlace(effect)}: </span>
            <span className="font-medium">{optionInWords(effect.option) ?? visible(effect.option)}</span>{' '}
            <code className="font-mono text-xs text-muted">{visible(effect.option)}</code>
          </span>
          <span className="flex flex-wrap items-baseline gap-x-2 wrap-anywhere">
            <Value option={effect.option} value={effect.before} none={t`not set`} />
            <span aria-hidden>→</span>
            <span className="sr-only">{t`becomes`}</span>
            <span className="font-medium">
              <Value option={effect.option} value={effect.after} none={t`not set any more`} />
            </span>
          </span>
        </li>
      ))}
      {effects.length > shown && <li className="px-3 py-2 text-sm text-muted">{t`and ${effects.length - shown} more`}</li>}
    </ul>
  );
}

function Value({ option, value, none }: { option: string; value: string | null; none: string }) {
  if (value === null) return <span className="text-muted">{none}</span>;
  const { text, cut } = clip(valueInWords(option, value), longest);
  return (
    <span className="whitespace-pre-wrap">
      {text}
      {cut > 0 && '…'}
    </span>
  );
}

/** What fail2ban does, and what that means for bans. */
export function Steps({ steps }: { steps: readonly ConfigStep[] }) {
  return (
    <ul className="flex flex-col gap-1 text-sm">
      {steps.map((step) => {
        const { lead, rest } = stepInWords(step);
        return (
          <li key={`${step.jail} ${step.do}`} className="wrap-anywhere">
            <span className="font-medium">{lead}</span> <span className="text-muted">{rest}</span>
          </li>
        );
      })}
    </ul>
  );
}
