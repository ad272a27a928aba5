import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { choicesQuery } from '@/api/config';
import { visible } from '@/lib/plain';
import { Button } from '@/ui/button';
import { Select, TextArea } from '@/ui/field';
import { readNamed, writeNamed } from './brackets';
import { type ControlProps, Parameters } from './control';

const stock = () =>
  [
    ['%(action_)s', t`ban only`],
    ['%(action_mw)s', t`ban, and a mail with whois`],
    ['%(action_mwl)s', t`ban, and a mail with whois and log lines`],
  ] as const;

/** The actions of a jail: a stock set, or a list of one's own with typed parameters. */
export function ActionsControl({ text, onText, label }: ControlProps) {
  const actions = useQuery(choicesQuery).data?.actions ?? [];
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const named = lines.map((line) => readNamed(line));
  const set = stock().some(([value]) => value === text.trim()) ? text.trim() : '';
  const put = (index: number, line: string | undefined) => onText(lines.flatMap((old, i) => (i === index ? (line ?? []) : old)).join('\n'));
  return (
    <div className="flex flex-col gap-2">
      <Select
        aria-label={label}
        value={set}
        onChange={(event) => onText(event.target.value === '' ? (actions[0]?.name ?? '') : event.target.value)}
      >
        {stock().map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
        <option value="">{t`a list of its own`}</option>
      </Select>
      {set === '' &&
        (named.includes(undefined) ? (
          <TextArea
            aria-label={t`Actions as text`}
            rows={Math.min(8, lines.length + 1)}
            value={text}
            spellCheck={false}
            className="font-mono"
            onChange={(event) => onText(event.target.value)}
          />
        ) : (
          <>
            {named.map(
              (one, index) =>
                one && (
                  // biome-ignore lint/suspicious/noArrayIndexKey: an action may stand twice
                  <div key={index} className="flex flex-col gap-2 rounded-md border border-line p-2">
                    <div className="flex gap-2">
                      <Select aria-label={t`Action ${index + 1}`} value={one.name} onChange={(event) => put(index, event.target.value)}>
                        {!actions.some(({ name }) => name === one.name) && <option value={one.name}>{visible(one.name)}</option>}
                        {actions.map(({ name }) => (
                          <option key={name} value={name}>
                            {visible(name)}
                          </option>
                        ))}
                      </Select>
                      <Button size="small" aria-label={t`Leave out action ${index + 1}`} onClick={() => put(index, undefined)}>
                        {t`Leave out`}
                      </Button>
                    </div>
                    <Parameters
                      named={one}
                      choice={actions.find(({ name }) => name === one.name)}
                      onNamed={(next) => put(index, writeNamed(next))}
                    />
                  </div>
                ),
            )}
            <div>
              <Button size="small" onClick={() => onText([...lines, actions[0]?.name ?? ''].join('\n'))}>{t`Add an action`}</Button>
            </div>
          </>
        ))}
    </div>
  );
}
