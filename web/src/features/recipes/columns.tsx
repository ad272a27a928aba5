import { plural, t } from '@lingui/core/macro';
import { Link } from '@tanstack/react-router';
import type { RecipeKind } from '@/api/recipes';
import type { Recipe } from '@/api/types';
import { visible } from '@/lib/plain';
import { Badge } from '@/ui/badge';
import type { Column } from '@/ui/grid/row';
import { stateInWords } from './words';

/** Whose it is, and what is wrong with it. */
export function RecipeBadges({ recipe: { state, shared, fault, python } }: { recipe: Recipe }) {
  const { word, hint, tone } = stateInWords(state);
  return (
    <span className="inline-flex flex-wrap items-center gap-1.5">
      <Badge tone={tone} title={hint}>
        {word}
      </Badge>
      {shared && <Badge title={t`It does nothing by itself: others include it.`}>{t`shared part`}</Badge>}
      {python && <Badge>Python</Badge>}
      {fault !== null && (
        <Badge tone="danger" title={visible(fault)}>
          {t`broken`}
        </Badge>
      )}
    </span>
  );
}

function Name({ kind, recipe, tabIndex }: { kind: RecipeKind; recipe: Recipe; tabIndex: 0 | -1 }) {
  return (
    <Link
      to={kind === 'filter' ? '/filters/$name' : '/actions/$name'}
      params={{ name: recipe.name }}
      tabIndex={tabIndex}
      className="truncate font-medium hover:text-accent hover:underline"
    >
      {visible(recipe.name)}
    </Link>
  );
}

/** The jails that use it: active ones by name, the others counted. */
export function usesInWords({ used_by, included_by }: Recipe): string {
  const active = used_by.filter(({ enabled }) => enabled);
  const others = used_by.length - active.length;
  const names = active
    .slice(0, 3)
    .map(({ jail }) => visible(jail))
    .join(', ');
  const more = active.length > 3 ? ` +${active.length - 3}` : '';
  if (active.length > 0) return names + more;
  if (others > 0) return plural(others, { one: 'no active jail, # inactive', other: 'no active jail, # inactive' });
  if (included_by.length > 0) return plural(included_by.length, { one: 'included by # other', other: 'included by # others' });
  return t`nobody`;
}

function Uses({ recipe }: { recipe: Recipe }) {
  const active = recipe.used_by.some(({ enabled }) => enabled);
  return <span className={active ? undefined : 'text-muted'}>{usesInWords(recipe)}</span>;
}

/** The columns of a list of filters or actions. */
export function recipeColumns(kind: RecipeKind): Column<Recipe>[] {
  return [
    {
      id: 'name',
      header: kind === 'filter' ? t`Filter` : t`Action`,
      width: 'minmax(190px, 1fr)',
      cell: (recipe, tabIndex) => <Name kind={kind} recipe={recipe} tabIndex={tabIndex} />,
    },
    { id: 'state', header: t`State`, width: 'minmax(190px, 0.8fr)', cell: (recipe) => <RecipeBadges recipe={recipe} /> },
    { id: 'uses', header: t`Used by`, width: 'minmax(180px, 1fr)', cell: (recipe) => <Uses recipe={recipe} /> },
    {
      id: 'about',
      header: t`What it says of itself`,
      width: 'minmax(200px, 1.6fr)',
      cell: ({ about }) => (
        <span lang="en" className="text-muted" title={about === null ? undefined : visible(about)}>
          {about === null ? '' : visible(about)}
        </span>
      ),
    },
  ];
}

/** On phones it is a card of two lines. */
export function recipeCard(kind: RecipeKind): Column<Recipe>[] {
  return [
    {
      id: 'card',
      header: kind === 'filter' ? t`Filter` : t`Action`,
      width: 'minmax(0, 1fr)',
      cell: (recipe, tabIndex) => (
        <div className="flex flex-col gap-0.5">
          <div className="flex items-center justify-between gap-2 text-base">
            <Name kind={kind} recipe={recipe} tabIndex={tabIndex} />
            <RecipeBadges recipe={recipe} />
          </div>
          <div className="truncate text-xs">
            <Uses recipe={recipe} />
          </div>
        </div>
      ),
    },
  ];
}
