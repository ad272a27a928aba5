import { t } from '@lingui/core/macro';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { askForEdits } from '@/api/config-review';
import { configKeys, type RecipeKind } from '@/api/recipes';
import type { RecipeDetail, RecipeOption } from '@/api/types';
import { clip, visible } from '@/lib/plain';
import { Badge } from '@/ui/badge';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Dialog } from '@/ui/dialog';
import { Field, TextArea } from '@/ui/field';
import { useAllowed } from './allowed';
import { localFile, optionHint } from './words';

const longest = 4000;

// What fail2ban takes, and its parameters; the others only feed those.
const main = ['Definition', 'Init'];

interface FormProps {
  kind: RecipeKind;
  recipe: RecipeDetail;
}

/** What the files of a filter or action say together: what counts, whose it is, where it stands. */
export function RecipeForm({ kind, recipe }: FormProps) {
  const local = localFile(kind, recipe.name);
  const byHand = recipe.files.some(({ name, own }) => name === local && !own);
  const allowed = useAllowed(kind === 'action') === true && !byHand;
  const [editing, setEditing] = useState<Editing>();
  const ask = useAsking(kind, recipe);
  const others = recipe.sections.filter(({ name }) => !main.includes(name));
  const card = ({ name, options }: RecipeDetail['sections'][number]) => (
    <Card key={name} title={<code className="font-mono">[{visible(name)}]</code>} flush>
      <dl className="divide-y divide-line">
        {options
          .toSorted((a, b) => Number(b.known) - Number(a.known))
          .map((option) => (
            <Row
              key={option.name}
              option={option}
              onEdit={allowed && editable(kind, option) ? () => setEditing({ option }) : undefined}
              onReset={allowed && resettable(kind, recipe, option) ? () => ask(option, null) : undefined}
            />
          ))}
      </dl>
    </Card>
  );
  return (
    <div className="flex flex-col gap-4">
      {byHand && <p className="text-sm text-muted">{t`Somebody wrote ${visible(local)} by hand: it is changed as text, under Source.`}</p>}
      {recipe.sections.length === 0 && <p className="text-sm text-muted">{t`Its files set no option.`}</p>}
      {recipe.sections.filter(({ name }) => main.includes(name)).map(card)}
      {others.length > 0 && (
        <details>
          <summary className="min-h-6 pb-2 text-sm text-accent max-md:min-h-11">{t`What those are made of`}</summary>
          <div className="flex flex-col gap-4">{others.map(card)}</div>
        </details>
      )}
      {recipe.partly && <p className="text-sm text-muted">{t`There is more than is shown here; see the source.`}</p>}
      {editing !== undefined && (
        <EditDialog
          {...editing}
          onClose={() => setEditing(undefined)}
          onAsk={(typed) => {
            setEditing(undefined);
            ask(editing.option, typed.trim(), () => setEditing({ ...editing, typed }));
          }}
        />
      )}
    </div>
  );
}

function useAsking(kind: RecipeKind, { name, etag }: RecipeDetail) {
  const client = useQueryClient();
  return ({ name: option }: RecipeOption, value: string | null, again?: () => void) => {
    const renew = () => {
      for (const queryKey of configKeys) void client.invalidateQueries({ queryKey });
    };
    askForEdits(etag, [{ place: kind, name, option, value }], {
      title: value === null ? t`Reset ${visible(option)} of ${visible(name)}` : t`Change ${visible(option)} of ${visible(name)}`,
      onApplied: renew,
      onCancel: again,
      onConflict: () => {
        renew();
        again?.();
      },
    });
  };
}

// A value with references can't be set by itself: they would be taken for text.
function editable(kind: RecipeKind, { known, code, cut, raw, origin }: RecipeOption): boolean {
  return known && (kind === 'action' || !code) && !cut && !raw.replaceAll('%%', '').includes('%(') && origin.section === 'Definition';
}

// Files that somebody wrote by hand are changed as text only.
function resettable(kind: RecipeKind, { files }: RecipeDetail, { known, code, local, origin }: RecipeOption): boolean {
  const ours = files.some(({ name, own }) => own && name === origin.file);
  return known && (kind === 'action' || !code) && local !== null && ours && origin.section === 'Definition';
}

function Text({ text }: { text: string }) {
  const { text: shown, cut } = clip(text, longest);
  return (
    <span className="font-mono text-xs leading-5 whitespace-pre-wrap wrap-anywhere">
      {visible(shown).replaceAll(/⟨U\+000A⟩/g, '\n')}
      {cut > 0 && '…'}
    </span>
  );
}

function Row({ option, onEdit, onReset }: { option: RecipeOption; onEdit?: () => void; onReset?: () => void }) {
  const { name, raw, value, fault, packaged, local, origin, known } = option;
  const hint = known ? optionHint(name) : undefined;
  return (
    <div className="grid grid-cols-[220px_minmax(0,1fr)_auto] gap-4 px-4 py-2 text-sm max-md:grid-cols-1 max-md:gap-1">
      <dt className="flex min-w-0 flex-col gap-0.5">
        <code className={`font-mono text-sm wrap-anywhere ${known ? 'font-medium' : 'text-muted'}`}>{visible(name)}</code>
        {hint !== undefined && <span className="text-xs text-muted">{hint}</span>}
      </dt>
      <dd className="flex min-w-0 flex-col gap-1">
        {raw === '' ? <span className="text-xs text-muted">{t`empty`}</span> : <Text text={raw} />}
        {fault !== null && <span className="text-xs text-danger wrap-anywhere">{visible(fault)}</span>}
        {fault === null && value !== raw && (
          <details>
            <summary className="flex min-h-6 items-center text-xs text-accent max-md:min-h-11">{t`with references and tags replaced`}</summary>
            <Text text={value} />
          </details>
        )}
        {local !== null && packaged !== null && packaged !== local && (
          <details>
            <summary className="flex min-h-6 items-center text-xs text-accent max-md:min-h-11">{t`what the package says`}</summary>
            {packaged === '' ? <span className="text-xs text-muted">{t`empty`}</span> : <Text text={packaged} />}
          </details>
        )}
        <span className="flex flex-wrap items-center gap-2 text-xs text-muted">
          {local !== null && <Badge tone="accent">{packaged === null ? t`added` : t`changed`}</Badge>}
          {origin.file !== null && <span className="font-mono wrap-anywhere">{`${visible(origin.file)}:${origin.line ?? ''}`}</span>}
        </span>
      </dd>
      <dd className="flex items-start gap-2">
        {onReset !== undefined && (
          <Button size="small" onClick={onReset} aria-label={t`Reset ${visible(name)}`}>
            {t`Reset…`}
          </Button>
        )}
        {onEdit !== undefined && (
          <Button size="small" onClick={onEdit} aria-label={t`Change ${visible(name)}`}>
            {t`Change…`}
          </Button>
        )}
      </dd>
    </div>
  );
}

interface Editing {
  option: RecipeOption;
  /** What was typed before the look at it was broken off. */
  typed?: string;
}

function EditDialog({ option, typed, onClose, onAsk }: Editing & { onClose: () => void; onAsk: (typed: string) => void }) {
  const begun = option.raw.replaceAll('%%', '%');
  const [value, setValue] = useState(typed ?? begun);
  return (
    <Dialog
      open
      wide
      firm
      onClose={onClose}
      title={t`Change ${visible(option.name)}`}
      description={optionHint(option.name)}
      footer={
        <>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button look="primary" disabled={value === begun} onClick={() => onAsk(value)}>
            {t`Review…`}
          </Button>
        </>
      }
    >
      <Field label={option.name} hint={t`References to other options can be written in the source only.`}>
        <TextArea
          value={value}
          rows={Math.min(16, Math.max(3, value.split('\n').length + 1))}
          spellCheck={false}
          autoCapitalize="off"
          className="font-mono"
          maxLength={65_536}
          onChange={(event) => setValue(event.target.value)}
        />
      </Field>
    </Dialog>
  );
}
