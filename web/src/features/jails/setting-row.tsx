import { t } from '@lingui/core/macro';
import { RotateCcw } from 'lucide-react';
import type { ReactNode } from 'react';
import { kindOf, optionInWords, valueInWords } from '@/api/config-words';
import type { ConfigOption } from '@/api/types';
import { clip, visible } from '@/lib/plain';
import { secondsOf } from '@/lib/span';
import { duration } from '@/lib/time';
import { Badge } from '@/ui/badge';
import { Button } from '@/ui/button';
import { Control } from './control';
import { type Draft, fieldText, resetIn, type Setting, sameMeaning, shownText, typedInto, wrongIn } from './settings';

/** Where a value stands, in words. */
export function originInWords({ origin }: ConfigOption): string {
  const place = origin.file === null ? '' : origin.line === null ? visible(origin.file) : t`${visible(origin.file)}, line ${origin.line}`;
  switch (origin.source) {
    case 'builtin':
      return t`fail2ban itself; no file says it`;
    case 'default':
      return t`for all jails: ${place}`;
    case 'filter':
      return t`the filter: ${place}`;
    case 'action':
      return t`the action: ${place}`;
    case 'argument':
      return t`in brackets: ${place}`;
    default:
      return place;
  }
}

interface SettingRowProps {
  setting: Setting;
  draft: Draft;
  onDraft: (next: Draft) => void;
  /** Why it can't be changed; undefined where it can. */
  locked: string | undefined;
}

/** One option: in words, its value and what that means, where it comes from, and the way back. */
export function SettingRow({ setting, draft, onDraft, locked }: SettingRowProps) {
  const { option, own } = setting;
  const text = shownText(setting, draft);
  const touched = Object.hasOwn(draft, option);
  const label = optionInWords(option) ?? visible(option);
  const change = (next: string) => onDraft(typedInto(draft, setting, next));
  const wrong = locked === undefined && typeof draft[option] === 'string' ? wrongIn(option, text) : undefined;
  const resettable = touched ? draft[option] !== null : own !== undefined;
  return (
    <div
      data-setting={option}
      className="grid grid-cols-[220px_minmax(0,1fr)] gap-x-6 gap-y-1 border-l-2 border-transparent px-4 py-3 data-touched:border-accent max-md:grid-cols-1"
      data-touched={touched || undefined}
    >
      <div className="flex flex-col items-start gap-1 pt-1 text-sm">
        <span className="font-medium" id={`label-${option}`}>
          {label}
        </span>
        <code className="font-mono text-xs text-muted wrap-anywhere">{visible(option)}</code>
        {own !== undefined && !touched && <Badge tone="accent">{t`changed here`}</Badge>}
        {touched && <Badge tone="warn">{draft[option] === null ? t`goes back` : t`not applied yet`}</Badge>}
      </div>
      <div className="flex min-w-0 flex-col gap-1">
        <div className="flex items-start gap-2">
          <div className="min-w-0 flex-1">
            {locked === undefined ? (
              <Control option={option} text={text} onText={change} label={label} />
            ) : (
              <Fixed option={option} text={text} />
            )}
          </div>
          {locked === undefined && resettable && (
            <Button
              size="small"
              look="quiet"
              className="mt-0.5"
              aria-label={own !== undefined ? t`Reset ${label} to what it inherits` : t`Undo the change of ${label}`}
              onClick={() => onDraft(resetIn(draft, setting))}
            >
              <RotateCcw aria-hidden />
              {own !== undefined ? t`Reset` : t`Undo`}
            </Button>
          )}
        </div>
        {wrong !== undefined && <p className="text-xs text-danger">{wrong}</p>}
        <Meaning option={option} text={text} />
        <Origins setting={setting} />
        {locked !== undefined && locked !== '' && <p className="text-xs text-muted">{locked}</p>}
      </div>
    </div>
  );
}

function Fixed({ option, text }: { option: string; text: string }): ReactNode {
  const { text: head, cut } = clip(text === '' ? t`nothing` : visible(text), 2000);
  const words = kindOf(option) === 'switch' ? valueInWords(option, text) : head;
  return (
    <p className="max-h-48 overflow-auto py-1 font-mono text-xs leading-5 whitespace-pre-wrap wrap-anywhere">
      {words}
      {cut > 0 && '…'}
    </p>
  );
}

/** What a time means, where it does not say so itself. */
function Meaning({ option, text }: { option: string; text: string }) {
  if (kindOf(option) !== 'span') return null;
  const seconds = secondsOf(text);
  if (seconds === undefined) return null;
  return <p className="text-xs text-text">{seconds < 0 ? t`for ever` : t`that is ${duration(seconds)}`}</p>;
}

function Origins({ setting: { option, effective, inherited, own } }: { setting: Setting }) {
  const differs =
    inherited !== undefined && own !== undefined && !sameMeaning(option, fieldText(option, inherited), fieldText(option, effective));
  return (
    <div className="flex flex-col text-xs text-muted wrap-anywhere">
      <span>
        {effective === undefined ? t`Nothing says it.` : t`Counts now: ${short(option, effective)} (${originInWords(effective)})`}
        {effective !== undefined && effective.fault !== null && ` ${visible(effective.fault)}`}
      </span>
      {differs && <span>{t`Inherited: ${short(option, inherited)} (${originInWords(inherited)})`}</span>}
      {own !== undefined && inherited === undefined && <span>{t`Without it, nothing says it.`}</span>}
    </div>
  );
}

function short(option: string, from: ConfigOption): string {
  const { text, cut } = clip(valueInWords(option, from.value).replaceAll('\n', ' · '), 120);
  return cut > 0 ? `${text}…` : text;
}
