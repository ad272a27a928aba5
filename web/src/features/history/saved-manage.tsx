import { t } from '@lingui/core/macro';
import { useQueryClient } from '@tanstack/react-query';
import { Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { changeSavedFilter, deleteSavedFilter, savedFiltersQuery, saveFilter } from '@/api/saved-filters';
import type { SavedFilter } from '@/api/types';
import { visible } from '@/lib/plain';
import { Button, IconButton } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Input } from '@/ui/field';
import { Empty } from '@/ui/states';
import { tell, tellProblem } from '@/ui/toast';
import { viewOf } from './saved';
import { longestName } from './saved-new';
import { filterInFull } from './words';

interface ManageFiltersProps {
  all: readonly SavedFilter[];
  onClose: () => void;
}

/** Renames and deletes saved filters; a deleted one can be had back while its notice stands. */
export function ManageFilters({ all, onClose }: ManageFiltersProps) {
  const client = useQueryClient();
  const [renamed, setRenamed] = useState('');
  const [was, setWas] = useState(''); // the last one that was: its button has the focus again
  const renew = () => client.invalidateQueries({ queryKey: savedFiltersQuery.queryKey });
  const back = ({ name, filter }: SavedFilter) =>
    saveFilter(name, filter)
      .catch((error: unknown) => tellProblem(t`The filter was not brought back`, error))
      .finally(renew);
  const begin = ({ id }: SavedFilter) => {
    setRenamed(id);
    setWas(id);
  };
  const remove = async (one: SavedFilter) => {
    try {
      await deleteSavedFilter(one.id);
      tell({ title: t`Filter ${visible(one.name)} deleted`, undo: () => void back(one) });
    } catch (error) {
      tellProblem(t`The filter was not deleted`, error);
    }
    await renew();
  };
  const rename = async (one: SavedFilter, name: string) => {
    try {
      if (name !== one.name) await changeSavedFilter({ ...one, name });
      setRenamed('');
    } catch (error) {
      tellProblem(t`The filter was not renamed`, error);
    }
    await renew();
  };
  return (
    <Dialog open narrow onClose={onClose} title={t`Saved filters`}>
      {all.length === 0 ? (
        <Empty>{t`No saved filters.`}</Empty>
      ) : (
        <ul className="-m-5 divide-y divide-line">
          {all.map((one) => (
            <li key={one.id} className="flex min-h-14 items-center gap-2 py-2 pr-3 pl-5">
              {one.id === renamed ? (
                <Rename name={one.name} onName={(name) => void rename(one, name)} onCancel={() => setRenamed('')} />
              ) : (
                <Line one={one} focused={one.id === was} onRename={() => begin(one)} onDelete={() => void remove(one)} />
              )}
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}

interface LineProps {
  one: SavedFilter;
  focused: boolean;
  onRename: () => void;
  onDelete: () => void;
}

function Line({ one, focused, onRename, onDelete }: LineProps) {
  const name = visible(one.name);
  return (
    <>
      <div className="min-w-0 flex-1 text-sm">
        <p className="font-medium wrap-anywhere">{name}</p>
        <p className="text-xs text-muted wrap-anywhere">{filterInFull(viewOf(one.filter))}</p>
      </div>
      <IconButton label={t`Rename ${name}`} autoFocus={focused} onClick={onRename}>
        <Pencil aria-hidden />
      </IconButton>
      <IconButton label={t`Delete ${name}`} onClick={onDelete}>
        <Trash2 aria-hidden />
      </IconButton>
    </>
  );
}

interface RenameProps {
  name: string;
  onName: (name: string) => void;
  onCancel: () => void;
}

function Rename({ name, onName, onCancel }: RenameProps) {
  const [typed, setTyped] = useState(name);
  const next = typed.trim();
  return (
    <form
      className="flex flex-1 flex-wrap items-center justify-end gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (next !== '') onName(next);
      }}
    >
      <Input
        aria-label={t`New name`}
        autoFocus
        autoComplete="off"
        maxLength={longestName}
        className="w-auto min-w-40 flex-1 max-md:basis-full"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.stopPropagation(); // the dialog stays
          onCancel();
        }}
      />
      <Button onClick={onCancel}>{t`Cancel`}</Button>
      <Button type="submit" look="primary" disabled={next === ''}>
        {t`Rename`}
      </Button>
    </form>
  );
}
