import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { choicesQuery } from '@/api/config';
import { kindOf } from '@/api/config-words';
import type { ConfigChoice } from '@/api/types';
import { visible } from '@/lib/plain';
import { Input, Select, TextArea } from '@/ui/field';
import { ActionsControl } from './actions-control';
import { type Named, readNamed, withParameter, writeNamed } from './brackets';
import { allPorts } from './settings';

export interface ControlProps {
  option: string;
  text: string;
  onText: (text: string) => void;
  label: string;
}

/** The field of an option, by what its values are. */
export function Control(props: ControlProps) {
  const { option, text, onText, label } = props;
  switch (option) {
    case 'filter':
      return <FilterControl {...props} />;
    case 'banaction':
    case 'banaction_allports':
      return <BanActionControl {...props} />;
    case 'action':
      return <ActionsControl {...props} />;
    case 'backend':
    case 'usedns':
      return <OneOf {...props} choices={choicesOf(option)} />;
    case 'datepattern':
      return <DatePattern {...props} />;
    case 'logencoding':
      return <Suggested {...props} suggestions={['auto', 'utf-8', 'ascii', 'latin-1', 'cp1252']} />;
    case 'bantime':
      return <Suggested {...props} suggestions={['10m', '1h', '12h', '1d', '1w', '-1']} />;
  }
  switch (kindOf(option)) {
    case 'switch':
      return <OneOf {...props} choices={[['true', t`on`] as const, ['false', t`off`] as const]} />;
    case 'words':
    case 'lines': {
      const rows = Math.min(8, Math.max(2, text.split('\n').length));
      return (
        <TextArea
          aria-label={label}
          rows={rows}
          value={text}
          spellCheck={false}
          className="font-mono"
          onChange={(event) => onText(event.target.value)}
        />
      );
    }
    case 'number':
      return <Line {...props} inputMode="decimal" />;
    default:
      return <Line {...props} />;
  }
}

function Line({ text, onText, label, inputMode, list }: ControlProps & { inputMode?: 'decimal'; list?: string }) {
  return (
    <Input
      aria-label={label}
      value={text}
      list={list}
      inputMode={inputMode}
      autoComplete="off"
      autoCapitalize="off"
      spellCheck={false}
      className="font-mono"
      onChange={(event) => onText(event.target.value)}
    />
  );
}

function Suggested({ suggestions, ...props }: ControlProps & { suggestions: string[] }) {
  const id = useId();
  return (
    <>
      <Line {...props} list={id} />
      <datalist id={id}>
        {suggestions.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
    </>
  );
}

type Choices = readonly (readonly [value: string, label: string])[];

function choicesOf(option: string): Choices {
  if (option === 'usedns') {
    return [
      ['warn', t`looked up, with a warning (warn)`],
      ['yes', t`looked up (yes)`],
      ['no', t`not looked up: no ban by name (no)`],
      ['raw', t`taken as they are (raw)`],
    ];
  }
  return [
    ['auto', t`as it can: notices, else looks each second (auto)`],
    ['systemd', t`the journal (systemd)`],
    ['pyinotify', t`log files, told by the kernel (pyinotify)`],
    ['polling', t`log files, looked at each second (polling)`],
  ];
}

/** One of several; what counts now stays among them. */
function OneOf({ text, onText, label, choices }: ControlProps & { choices: Choices }) {
  const known = choices.some(([value]) => value === text);
  return (
    <Select aria-label={label} value={text} onChange={(event) => onText(event.target.value)}>
      {!known && <option value={text}>{text === '' ? t`nothing` : visible(text)}</option>}
      {choices.map(([value, words]) => (
        <option key={value} value={value}>
          {words}
        </option>
      ))}
    </Select>
  );
}

const patterns = (): Choices => [
  ['', t`found by itself`],
  ['^%Y-%m-%d %H:%M:%S', '2026-11-26 14:02:31'],
  ['^%Y-%m-%dT%H:%M:%S', '2026-11-26T14:02:31'],
  ['^%b %d %H:%M:%S', 'Nov 26 14:02:31 (syslog)'],
  ['\\[%d/%b/%Y:%H:%M:%S %z\\]', '[26/Nov/2026:14:02:31 +0100] (Apache, nginx)'],
  ['^%Y/%m/%d %H:%M:%S', '2026/11/26 14:02:31 (nginx error)'],
  ['^EPOCH', '1795694551'],
  ['^TAI64N', '@400000006…'],
  ['{NONE}', t`none: the time of reading counts`],
];

/** A preset, or a pattern of one's own. */
function DatePattern(props: ControlProps) {
  return (
    <div className="flex flex-wrap gap-2">
      <div className="min-w-48 flex-1">
        <OneOf {...props} label={t`Example of ${props.label}`} choices={patterns()} />
      </div>
      <div className="min-w-48 flex-1">
        <Line {...props} />
      </div>
    </div>
  );
}

function BanActionControl(props: ControlProps) {
  const actions = useQuery(choicesQuery).data?.actions ?? [];
  const every = props.option === 'banaction' ? [[allPorts, t`as on every port (banaction_allports)`] as const] : [];
  return <OneOf {...props} choices={[...every, ...actions.map(({ name }) => [name, visible(name)] as const)]} />;
}

function FilterControl(props: ControlProps) {
  const filters = useQuery(choicesQuery).data?.filters ?? [];
  const named = props.text === '' ? { name: '', parameters: [] } : readNamed(props.text);
  if (named === undefined) return <Line {...props} />;
  const choices: Choices = [['', t`none: it bans only by hand`], ...filters.map(({ name }) => [name, visible(name)] as const)];
  return (
    <div className="flex flex-col gap-2">
      <OneOf {...props} text={named.name} onText={props.onText} choices={choices} />
      <Parameters
        named={named}
        choice={filters.find(({ name }) => name === named.name)}
        onNamed={(next) => props.onText(writeNamed(next))}
      />
    </div>
  );
}

/** What brackets behind a name say: what the file knows, with what counts where nothing is said. */
export function Parameters({ named, choice, onNamed }: { named: Named; choice: ConfigChoice | undefined; onNamed: (next: Named) => void }) {
  const known = choice?.parameters ?? [];
  const names = [...new Set([...known.map(({ name }) => name), ...named.parameters.map(([name]) => name)])];
  if (names.length === 0) return null;
  return (
    <details open={named.parameters.length > 0}>
      <summary className="min-h-6 text-xs text-accent max-md:min-h-11">{t`Parameters of ${visible(named.name)}`}</summary>
      <div className="grid grid-cols-2 gap-2 pt-1 max-md:grid-cols-1">
        {names.map((name) => {
          const value = named.parameters.find(([one]) => one === name)?.[1] ?? '';
          const fallback = known.find((one) => one.name === name)?.value ?? '';
          const modes = name === 'mode' ? (choice?.modes ?? []) : [];
          const give = (next: string) => onNamed(withParameter(named, name, next));
          return (
            <div key={name} className="flex flex-col gap-0.5 text-xs text-muted">
              <code className="font-mono">{visible(name)}</code>
              {modes.length > 0 ? (
                <OneOf
                  option={name}
                  label={name}
                  text={value}
                  onText={give}
                  choices={[
                    ['', t`as its file says (${visible(fallback)})`] as const,
                    ...modes.map((mode) => [mode, visible(mode)] as const),
                  ]}
                />
              ) : (
                <Input
                  aria-label={name}
                  value={value}
                  placeholder={visible(fallback).split('\n')[0]}
                  autoComplete="off"
                  spellCheck={false}
                  className="font-mono"
                  onChange={(event) => give(event.target.value)}
                />
              )}
            </div>
          );
        })}
      </div>
    </details>
  );
}
