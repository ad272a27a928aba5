import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { FileText, Plus } from 'lucide-react';
import { useMemo } from 'react';
import { useMay } from '@/api/access';
import { type RecipeKind, recipesQuery } from '@/api/recipes';
import type { Recipe } from '@/api/types';
import { usePhone } from '@/lib/media';
import { visible } from '@/lib/plain';
import { number } from '@/lib/time';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Typed } from '@/ui/filter-fields';
import { ForAdmins } from '@/ui/for-admins';
import { DataGrid } from '@/ui/grid/grid';
import { PageTitle } from '@/ui/page';
import { Bars, Empty, Failure } from '@/ui/states';
import { Allowed } from './allowed';
import { recipeCard, recipeColumns } from './columns';
import { kindInWords } from './words';

/** What the page's address says about the list. */
export interface RecipeView {
  q: string;
  show: '' | 'active' | 'mine' | 'broken';
}

const nameOf = (recipe: Recipe) => recipe.name;
const spokenName = (recipe: Recipe) => visible(recipe.name);

/** Those that a view leaves. */
export function narrowed(all: readonly Recipe[], { q, show }: RecipeView): Recipe[] {
  const text = q.trim().toLowerCase();
  return all.filter(
    (recipe) =>
      (text === '' ||
        recipe.name.toLowerCase().includes(text) ||
        (recipe.about ?? '').toLowerCase().includes(text) ||
        recipe.used_by.some(({ jail }) => jail.toLowerCase() === text)) &&
      (show !== 'active' || recipe.used_by.some(({ enabled }) => enabled)) &&
      (show !== 'mine' || recipe.state !== 'packaged') &&
      (show !== 'broken' || recipe.fault !== null),
  );
}

interface RecipesPageProps {
  kind: RecipeKind;
  view: RecipeView;
  onView: (next: RecipeView, replace?: boolean) => void;
}

/** All filters or actions of fail2ban's configuration. */
export function RecipesPage(props: RecipesPageProps) {
  return useMay('configure') ? <Recipes {...props} /> : <ForAdmins title={kindInWords(props.kind).many} />;
}

function Recipes({ kind, view, onView }: RecipesPageProps) {
  const query = useQuery(recipesQuery(kind));
  const phone = usePhone();
  const navigate = useNavigate();
  const columns = useMemo(() => (phone ? recipeCard : recipeColumns)(kind), [phone, kind]);
  const all = query.data;
  const rows = useMemo(() => narrowed(all ?? [], view), [all, view]);
  const words = kindInWords(kind);
  const broken = all?.filter(({ fault }) => fault !== null).length ?? 0;
  const open = ({ name }: Recipe) => void navigate({ to: kind === 'filter' ? '/filters/$name' : '/actions/$name', params: { name } });
  return (
    <>
      <PageTitle title={words.many} count={all === undefined ? undefined : number(all.length)}>
        <Link to="/config/files" className="inline-flex h-(--control) items-center gap-1.5 px-2 text-sm text-accent hover:underline">
          <FileText className="size-4" aria-hidden />
          {t`All files`}
        </Link>
        <Button look="primary" onClick={() => void navigate({ to: '/config/new', search: { kind } })}>
          <Plus aria-hidden />
          {kind === 'filter' ? t`New filter` : t`New action`}
        </Button>
      </PageTitle>
      <search className="flex flex-wrap items-center gap-2 px-6 pb-3 max-md:px-4">
        <Typed label={t`Name, jail or words`} value={view.q} onValue={(q) => onView({ ...view, q }, true)} className="w-64 max-md:w-full" />
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would draw a frame of its own */}
        <div className="flex flex-wrap items-center gap-1.5" role="group" aria-label={t`Which`}>
          {(
            [
              ['', t`All`],
              ['active', t`Used by active jails`],
              ['mine', t`Changed or own`],
              ...(broken > 0 || view.show === 'broken' ? [['broken', t`Broken`] as const] : []),
            ] as const
          ).map(([show, label]) => (
            <Chip key={show} pressed={view.show === show} onClick={() => onView({ ...view, show })}>
              {label}
            </Chip>
          ))}
        </div>
      </search>
      <div className="flex flex-col gap-4 px-6 pb-8 max-md:px-4">
        {kind === 'action' && <Allowed code />}
        <div className="rounded-lg border border-line bg-surface">
          {all === undefined ? (
            query.isError ? (
              <Failure inset error={query.error} retry={() => void query.refetch()} />
            ) : (
              <Bars lines={12} className="p-5" />
            )
          ) : rows.length === 0 ? (
            <Empty action={<Button onClick={() => onView({ q: '', show: '' })}>{t`Clear filter`}</Button>}>{t`Nothing matches.`}</Empty>
          ) : (
            <DataGrid
              label={words.many}
              className="max-h-[calc(100dvh-220px)]"
              columns={columns}
              rows={rows}
              keyOf={nameOf}
              nameOf={spokenName}
              rowHeight={phone ? 56 : 34}
              headless={phone}
              onOpen={open}
            />
          )}
        </div>
      </div>
    </>
  );
}
