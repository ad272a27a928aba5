import { t } from '@lingui/core/macro';
import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Copy, Trash2 } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { useMay } from '@/api/access';
import { askForFiles, configKeys, fileQuery, type RecipeKind, recipeQuery } from '@/api/recipes';
import type { RecipeDetail } from '@/api/types';
import { visible } from '@/lib/plain';
import { problemOf } from '@/lib/problem';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { classes } from '@/ui/classes';
import { ForAdmins } from '@/ui/for-admins';
import { PageTitle } from '@/ui/page';
import { Pick } from '@/ui/pick';
import { Bars, Empty, Failure } from '@/ui/states';
import { Allowed, useAllowed } from './allowed';
import { RecipeBadges } from './columns';
import { RecipeForm } from './form';
import { FileText, TextEditor } from './source';
import { kindInWords, localFile } from './words';

const DiffView = lazy(() => import('@/ui/editor/editor').then((m) => ({ default: m.DiffView })));

/** What the page's address says. */
export interface DetailView {
  tab: '' | 'source' | 'diff' | 'uses';
  file: string;
}

interface DetailPageProps {
  kind: RecipeKind;
  name: string;
  view: DetailView;
  onView: (next: DetailView) => void;
}

/** One filter or action: what it says, its files, what differs from the package's, who uses it. */
export function RecipePage(props: DetailPageProps) {
  return useMay('configure') ? <Detail {...props} /> : <ForAdmins title={visible(props.name)} />;
}

function Detail({ kind, name, view, onView }: DetailPageProps) {
  const { data, isError, error, refetch } = useQuery(recipeQuery(kind, name));
  const missing = isError && problemOf(error).status === 404;
  const words = kindInWords(kind);
  return (
    <>
      <PageTitle
        width="text"
        name={visible(name)}
        title={<span className="wrap-anywhere">{visible(name)}</span>}
        count={data && <RecipeBadges recipe={data} />}
      >
        {data !== undefined && <Acts kind={kind} recipe={data} />}
      </PageTitle>
      <div className="flex max-w-[1200px] flex-col gap-4 px-6 pb-8 max-md:px-4">
        {missing ? (
          <Empty
            action={
              <Link to={kind === 'filter' ? '/filters' : '/actions'} className="text-accent underline">
                {words.all}
              </Link>
            }
          >
            {words.none}
          </Empty>
        ) : (
          <>
            {isError && <Failure error={error} retry={() => void refetch()} />}
            {data !== undefined ? <Known kind={kind} recipe={data} view={view} onView={onView} /> : !isError && <Bars lines={12} />}
          </>
        )}
      </div>
    </>
  );
}

function Acts({ kind, recipe }: { kind: RecipeKind; recipe: RecipeDetail }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const allowed = useAllowed(kind === 'action') === true;
  const file = localFile(kind, recipe.name);
  const ours = recipe.files.some(({ name, own }) => own && name === file);
  const used = recipe.state === 'own' && recipe.used_by.some(({ enabled }) => enabled);
  const remove = () =>
    askForFiles(recipe.etag, [{ name: file, content: null }], {
      title: recipe.state === 'own' ? t`Delete ${visible(recipe.name)}` : t`Remove your changes to ${visible(recipe.name)}`,
      onApplied: () => {
        for (const queryKey of configKeys) void client.invalidateQueries({ queryKey });
        if (recipe.state === 'own') void navigate({ to: kind === 'filter' ? '/filters' : '/actions', ignoreBlocker: true });
      },
      onConflict: () => void client.invalidateQueries({ queryKey: ['recipe'] }),
    });
  return (
    <>
      {!recipe.python && (
        <Button onClick={() => void navigate({ to: '/config/new', search: { kind, from: recipe.name } })}>
          <Copy aria-hidden />
          {t`Copy…`}
        </Button>
      )}
      {ours && allowed && (
        <Button onClick={remove} disabled={used} title={used ? t`An active jail uses it.` : undefined}>
          <Trash2 aria-hidden />
          {recipe.state === 'own' ? t`Delete…` : t`Remove your changes…`}
        </Button>
      )}
    </>
  );
}

const tabs = ['', 'source', 'diff', 'uses'] as const;

function Known({
  kind,
  recipe,
  view,
  onView,
}: {
  kind: RecipeKind;
  recipe: RecipeDetail;
  view: DetailView;
  onView: (v: DetailView) => void;
}) {
  const names = { '': t`Form`, source: t`Source`, diff: t`Difference`, uses: t`Used by` };
  const shown = tabs.filter((tab) => (tab !== 'diff' || recipe.state === 'changed') && (tab !== '' || !recipe.python));
  const tab = shown.includes(view.tab) ? view.tab : (shown[0] ?? 'source');
  return (
    <>
      {recipe.about !== null && (
        <p lang="en" className="px-1 text-sm text-muted wrap-anywhere">
          {visible(recipe.about)}
        </p>
      )}
      {recipe.fault !== null && (
        <p role="alert" className="rounded-md border border-line bg-danger-soft px-4 py-3 text-sm text-danger wrap-anywhere">
          {t`fail2ban could not read it:`} <span lang="en">{visible(recipe.fault)}</span>
        </p>
      )}
      <Allowed code={kind === 'action'} />
      <nav aria-label={t`Views`} className="flex flex-wrap gap-1 border-b border-line">
        {shown.map((one) => (
          <button
            key={one}
            type="button"
            aria-current={one === tab ? 'page' : undefined}
            onClick={() => onView({ tab: one, file: '' })}
            className={classes(
              '-mb-px h-9 border-b-2 px-3 text-sm max-md:h-11',
              one === tab ? 'border-accent font-medium text-accent-text' : 'border-transparent text-muted hover:text-text',
            )}
          >
            {names[one]}
          </button>
        ))}
      </nav>
      {tab === '' && <RecipeForm kind={kind} recipe={recipe} />}
      {tab === 'source' && <Source kind={kind} recipe={recipe} file={view.file} onFile={(file) => onView({ tab, file })} />}
      {tab === 'diff' && <Difference kind={kind} recipe={recipe} />}
      {tab === 'uses' && <Users kind={kind} recipe={recipe} />}
    </>
  );
}

function Source({ kind, recipe, file, onFile }: { kind: RecipeKind; recipe: RecipeDetail; file: string; onFile: (file: string) => void }) {
  const allowed = useAllowed(kind === 'action') === true;
  const local = localFile(kind, recipe.name);
  const own = recipe.files.map(({ name }) => name);
  // A file that isn't there yet can be begun; by hand there may be one of another spelling already.
  const begin = !recipe.python && allowed && !own.includes(local);
  const choices = [...own, ...(begin ? [local] : []), ...recipe.includes];
  const chosen = choices.includes(file) ? file : (own.at(-1) ?? local);
  const there = own.includes(chosen) || recipe.includes.includes(chosen);
  return (
    <div className="flex flex-col gap-3">
      <label className="flex flex-wrap items-center gap-2 text-sm">
        {t`File`}
        <select
          value={chosen}
          onChange={(event) => onFile(event.target.value)}
          className="h-(--control) min-w-0 max-w-full rounded-md border border-line-strong bg-surface px-2.5 text-sm max-md:text-lg"
        >
          {choices.map((name) => (
            <option key={name} value={name}>
              {own.includes(name)
                ? visible(name)
                : name === local
                  ? t`${visible(name)} (new: what differs from the package)`
                  : t`${visible(name)} (included)`}
            </option>
          ))}
        </select>
      </label>
      {there ? (
        <FileText key={chosen} name={chosen} own={recipe.files.some(({ name, own: ours }) => ours && name === chosen)} />
      ) : (
        <TextEditor
          key={chosen}
          name={chosen}
          begun={'[Definition]\n'}
          marked
          etag={recipe.etag}
          title={t`Change ${visible(recipe.name)}`}
        />
      )}
    </div>
  );
}

function Difference({ kind, recipe }: { kind: RecipeKind; recipe: RecipeDetail }) {
  const [by, setBy] = useState<'option' | 'line'>('option');
  return (
    <div className="flex flex-col gap-3">
      <Pick
        legend={t`Compared`}
        name="compared"
        value={by}
        onPick={setBy}
        choices={[
          { value: 'option', label: t`Option by option`, note: t`What the .local file sets, against what the package says of it.` },
          { value: 'line', label: t`Line by line`, note: t`The text of the .local file, against the package's file.` },
        ]}
      />
      {by === 'option' ? <OptionDifference recipe={recipe} /> : <TextDifference kind={kind} recipe={recipe} />}
    </div>
  );
}

function TextDifference({ kind, recipe }: { kind: RecipeKind; recipe: RecipeDetail }) {
  const local = localFile(kind, recipe.name);
  const packaged = recipe.files.find(({ name }) => name !== local)?.name ?? '';
  const [theirs, ours] = useQueries({ queries: [fileQuery(packaged), fileQuery(local)] });
  const error = theirs.error ?? ours.error;
  if (error !== null) return <Failure error={error} retry={() => void Promise.all([theirs.refetch(), ours.refetch()])} />;
  if (theirs.data === undefined || ours.data === undefined) return <Bars lines={8} className="p-4" />;
  return (
    <Suspense fallback={<Bars lines={8} className="p-4" />}>
      <DiffView original={theirs.data.content} text={ours.data.content} label={t`${visible(local)} against ${visible(packaged)}`} />
    </Suspense>
  );
}

function OptionDifference({ recipe }: { recipe: RecipeDetail }) {
  // Only what the .local says can differ; line by line against the same options of the package's file.
  const rows = recipe.sections.map(({ name, options }) => ({ name, options: options.filter(({ local }) => local !== null) }));
  const text = (pick: 'packaged' | 'local') =>
    rows
      .filter(({ options }) => options.length > 0)
      .map(({ name, options }) => {
        const lines = options.flatMap((option) => {
          const value = option[pick];
          return value === null ? [] : [`${option.name} = ${value.replaceAll('\n', '\n    ')}`];
        });
        return `[${name}]\n\n${lines.join('\n\n')}\n`;
      })
      .join('\n');
  return (
    <Suspense fallback={<Bars lines={8} className="p-4" />}>
      <DiffView original={text('packaged')} text={text('local')} label={t`What differs from the package`} />
    </Suspense>
  );
}

function Users({ kind, recipe }: { kind: RecipeKind; recipe: RecipeDetail }) {
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Card title={t`Jails`} flush>
        {recipe.used_by.length === 0 ? (
          <Empty>{t`No jail names it.`}</Empty>
        ) : (
          <ul className="divide-y divide-line">
            {recipe.used_by.map(({ jail, enabled }) => (
              <li key={jail} className="flex items-center justify-between gap-3 px-4 py-2 text-sm">
                <Link to="/jails/$jail" params={{ jail }} className="min-w-0 font-medium wrap-anywhere hover:text-accent hover:underline">
                  {visible(jail)}
                </Link>
                <span className={enabled ? 'text-ok' : 'text-muted'}>{enabled ? t`active` : t`not active`}</span>
              </li>
            ))}
          </ul>
        )}
      </Card>
      <Links title={kind === 'filter' ? t`Filters that include it` : t`Actions that include it`}>
        {recipe.included_by.map((name) => (
          <Link
            key={name}
            to={kind === 'filter' ? '/filters/$name' : '/actions/$name'}
            params={{ name }}
            className="wrap-anywhere hover:text-accent hover:underline"
          >
            {visible(name)}
          </Link>
        ))}
      </Links>
      <Links title={t`Files that it includes`}>
        {recipe.includes.map((name) => (
          <Link
            key={name}
            to="/config/files"
            search={{ file: name }}
            className="font-mono text-xs wrap-anywhere hover:text-accent hover:underline"
          >
            {visible(name)}
          </Link>
        ))}
      </Links>
    </div>
  );
}

function Links({ title, children }: { title: string; children: ReactNode[] }) {
  if (children.length === 0) return null;
  return (
    <Card title={title} flush>
      <ul className="divide-y divide-line">
        {children.map((child, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the list does not change
          <li key={index} className="flex min-h-9 items-center px-4 text-sm">
            {child}
          </li>
        ))}
      </ul>
    </Card>
  );
}
