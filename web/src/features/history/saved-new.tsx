import { t } from '@lingui/core/macro';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { changeSavedFilter, savedFiltersQuery, saveFilter } from '@/api/saved-filters';
import type { SavedFilter } from '@/api/types';
import { visible } from '@/lib/plain';
import { problemOf } from '@/lib/problem';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input } from '@/ui/field';
import { tell } from '@/ui/toast';
import { toSaved } from './saved';
import type { HistoryView } from './view';
import { filterInFull } from './words';

/** The most characters of a name. */
export const longestName = 60;

interface SaveFilterProps {
  view: HistoryView;
  all: readonly SavedFilter[];
  onClose: () => void;
}

/** Saves the shown filter under a new name, or in place of one that has the name. */
export function SaveFilter({ view, all, onClose }: SaveFilterProps) {
  const client = useQueryClient();
  const [typed, setTyped] = useState('');
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const name = typed.trim();
  const same = all.find((one) => one.name === name);
  const filter = filterInFull(view);
  const save = async () => {
    setBusy(true);
    try {
      await (same === undefined ? saveFilter(name, toSaved(view)) : changeSavedFilter({ ...same, filter: toSaved(view) }));
      await client.invalidateQueries({ queryKey: savedFiltersQuery.queryKey });
      tell({ title: t`Filter ${visible(name)} saved` });
      onClose();
    } catch (failed) {
      const { message, mend } = problemOf(failed);
      setError([message, mend].filter(Boolean).join(' '));
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      narrow
      onClose={onClose}
      title={t`Save filter`}
      footer={
        <>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button type="submit" form="save-filter" look="primary" disabled={busy || name === ''}>
            {same === undefined ? t`Save` : t`Replace`}
          </Button>
        </>
      }
    >
      <form
        id="save-filter"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (name !== '' && !busy) void save();
        }}
      >
        <p className="text-sm text-muted">{t`It shows ${filter}. Only you see it, on each device where you sign in.`}</p>
        <Field label={t`Name`} error={error} hint={same === undefined ? undefined : t`There is a filter of this name: it is replaced.`}>
          <Input
            autoFocus
            autoComplete="off"
            maxLength={longestName}
            value={typed}
            onChange={(event) => {
              setTyped(event.target.value);
              setError('');
            }}
          />
        </Field>
      </form>
    </Dialog>
  );
}
