import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { Bookmark, BookmarkPlus, Settings2 } from 'lucide-react';
import { useState } from 'react';
import { savedFiltersQuery } from '@/api/saved-filters';
import type { SavedFilter } from '@/api/types';
import { visible } from '@/lib/plain';
import { Button } from '@/ui/button';
import { Menu, type MenuEntry } from '@/ui/menu';
import { shownOf, viewOf } from './saved';
import { ManageFilters } from './saved-manage';
import { SaveFilter } from './saved-new';
import type { HistoryView } from './view';

interface SavedFiltersProps {
  view: HistoryView;
  onView: (next: HistoryView) => void;
}

/** The reader's own saved filters: to choose one, to save the one that is shown, to rename and delete. */
export function SavedFilters({ view, onView }: SavedFiltersProps) {
  const { data = [], isError } = useQuery(savedFiltersQuery);
  const [dialog, setDialog] = useState<'save' | 'manage'>();
  const shown = shownOf(data, view);
  const close = () => setDialog(undefined);
  const choose = (one: SavedFilter): MenuEntry => ({
    label: visible(one.name),
    checked: one === shown,
    onSelect: () => onView(viewOf(one.filter)),
  });
  const entries: MenuEntry[] = [
    ...data.map(choose),
    {
      label: t`Save this filter…`,
      icon: <BookmarkPlus aria-hidden />,
      apart: data.length > 0,
      disabled: isError || shown !== undefined,
      note: isError ? t`The saved filters can't be had now.` : shown && t`It is saved already.`,
      onSelect: () => setDialog('save'),
    },
    {
      label: t`Rename or delete…`,
      icon: <Settings2 aria-hidden />,
      disabled: data.length === 0,
      onSelect: () => setDialog('manage'),
    },
  ];
  return (
    <>
      <Menu trigger={<Trigger shown={shown} />} entries={entries} />
      {dialog === 'save' && <SaveFilter view={view} all={data} onClose={close} />}
      {dialog === 'manage' && <ManageFilters all={data} onClose={close} />}
    </>
  );
}

function Trigger({ shown, ...rest }: { shown: SavedFilter | undefined }) {
  return (
    <Button className="max-md:w-11 max-md:px-0" {...rest}>
      <Bookmark aria-hidden className={shown && 'fill-current text-accent'} />
      {shown === undefined ? (
        <span className="max-md:sr-only">{t`Saved filters`}</span>
      ) : (
        <>
          <span className="sr-only">{t`Saved filter:`}</span>
          <span className="max-w-44 truncate max-md:sr-only">{visible(shown.name)}</span>
        </>
      )}
    </Button>
  );
}
