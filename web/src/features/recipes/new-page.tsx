import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '@/api/access';
import { configQuery } from '@/api/config';
import { type RecipeKind, recipeQuery, recipesQuery } from '@/api/recipes';
import { visible } from '@/lib/plain';
import { Field, Input, Select } from '@/ui/field';
import { ForAdmins } from '@/ui/for-admins';
import { PageTitle } from '@/ui/page';
import { Bars, Failure } from '@/ui/states';
import { Allowed, useAllowed } from './allowed';
import { TextEditor, useCopyText } from './source';
import { localFile, recipeName } from './words';

interface NewPageProps {
  kind: RecipeKind;
  /** The one that it is copied from; '' = none. */
  from: string;
}

const skeletons: Record<RecipeKind, string> = {
  filter: '# What it looks for\n\n[INCLUDES]\n\nbefore = common.conf\n\n[Definition]\n\nfailregex = ^%(__prefix_line)s\n\nignoreregex =\n',
  action: '# What it does\n\n[Definition]\n\nactionstart =\n\nactionstop =\n\nactioncheck =\n\nactionban =\n\nactionunban =\n\n[Init]\n',
};

/** A filter or action of one's own: from nothing, or from a copy of another. */
export function NewRecipePage(props: NewPageProps) {
  const title = props.kind === 'filter' ? t`New filter` : t`New action`;
  return useMay('configure') ? <NewRecipe {...props} title={title} /> : <ForAdmins title={title} />;
}

function NewRecipe({ kind, from, title }: NewPageProps & { title: string }) {
  return (
    <>
      <PageTitle width="text" title={from === '' ? title : t`Copy of ${visible(from)}`} />
      <div className="flex max-w-[1200px] flex-col gap-4 px-6 pb-8 max-md:px-4">
        <Allowed code={kind === 'action'} />
        {from === '' ? <Maker kind={kind} text={skeletons[kind]} suggestion="" /> : <Copying kind={kind} from={from} />}
      </div>
    </>
  );
}

function Copying({ kind, from }: { kind: RecipeKind; from: string }) {
  const original = useQuery(recipeQuery(kind, from));
  const files = original.data?.files.map(({ name }) => name) ?? [];
  const [picked, setPicked] = useState<string>();
  const file = picked ?? files[0];
  const text = useCopyText(file);
  if (original.isError) return <Failure error={original.error} retry={() => void original.refetch()} />;
  return (
    <>
      {files.length > 1 && (
        <Field label={t`Begin with the text of`} hint={t`A copy begins with one file; what its other files say is not in it.`}>
          <Select value={file} onChange={(event) => setPicked(event.target.value)}>
            {files.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
        </Field>
      )}
      {text === undefined ? <Bars lines={10} /> : <Maker key={file} kind={kind} text={text} suggestion={`${from}-copy`.slice(0, 64)} />}
    </>
  );
}

function Maker({ kind, text, suggestion }: { kind: RecipeKind; text: string; suggestion: string }) {
  const navigate = useNavigate();
  const config = useQuery(configQuery);
  const others = useQuery(recipesQuery(kind));
  const allowed = useAllowed(kind === 'action');
  const [name, setName] = useState(suggestion);
  const lacking = lackingOf(name, others.data?.some((one) => one.name === name) ?? false);
  if (config.data === undefined) return config.isError ? <Failure error={config.error} /> : <Bars lines={10} />;
  return (
    <>
      <Field
        label={t`Name`}
        error={name === '' ? undefined : lacking}
        hint={t`Letters, digits, dots, dashes and underscores. Jails name it so.`}
      >
        <Input
          value={name}
          onChange={(event) => setName(event.target.value)}
          maxLength={64}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          className="max-w-80 font-mono"
        />
      </Field>
      <TextEditor
        name={localFile(kind, name === '' ? '…' : name)}
        begun={text}
        fresh
        marked
        etag={config.data.etag}
        readOnly={allowed !== true}
        title={kind === 'filter' ? t`New filter ${visible(name)}` : t`New action ${visible(name)}`}
        lacking={lacking}
        onApplied={() =>
          void navigate({ to: kind === 'filter' ? '/filters/$name' : '/actions/$name', params: { name }, ignoreBlocker: true })
        }
      />
    </>
  );
}

function lackingOf(name: string, taken: boolean): string | undefined {
  if (name === '') return t`It needs a name.`;
  if (!recipeName.test(name)) return t`That can't be a name.`;
  return taken ? t`There is one of that name.` : undefined;
}
