import { t } from '@lingui/core/macro';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { askForFiles, configKeys, type FileEdit, fileQuery, tryFiles } from '@/api/recipes';
import { visible } from '@/lib/plain';
import { problemOf } from '@/lib/problem';
import { Button } from '@/ui/button';
import { Bars, Failure } from '@/ui/states';
import { tell } from '@/ui/toast';
import { Unsaved } from '@/ui/unsaved';
import { Allowed, useAllowed } from './allowed';
import { expressionLine, isCode, withoutMark, writable, wrongLine } from './words';

const Editor = lazy(() => import('@/ui/editor/editor').then((m) => ({ default: m.Editor })));

interface WrongAt {
  error: unknown;
  line: number | undefined;
}

/** Where in a text of ours an error of the server points to. The mark stands over it in the file. */
export function placeOf(error: unknown, name: string, text: string, marked: boolean): number | undefined {
  const { message } = problemOf(error);
  const line = wrongLine(message, name);
  if (line === undefined) return expressionLine(message, text);
  return marked ? Math.max(1, line - 1) : line;
}

interface TextEditorProps {
  name: string;
  /** What it begins with. */
  begun: string;
  /** Whether BanGUI's mark is, or will be, its first line. */
  marked: boolean;
  etag: string;
  readOnly?: boolean;
  /** It is not in a file yet, so it counts as changed from the start. */
  fresh?: boolean;
  title: string;
  /** Why nothing can be saved yet. */
  lacking?: string;
  onApplied?: () => void;
  aside?: ReactNode;
}

/** A whole file as text: read, written, checked on a copy, and looked at before it counts. */
export function TextEditor({
  name,
  begun,
  marked,
  etag,
  readOnly = false,
  fresh = false,
  title,
  lacking,
  onApplied,
  aside,
}: TextEditorProps) {
  const client = useQueryClient();
  const { base, turn, text, setText, theirs, takeTheirs, setApplied } = useText(begun);
  const [wrong, setWrong] = useState<WrongAt>();
  const [checking, setChecking] = useState(false);
  const changed = (now: string) => fresh || now !== base;
  const files = (now: string): FileEdit[] => [{ name, content: now }];
  // The next look is made from what is there then: nothing is asked for until that is known.
  const [renewing, setRenewing] = useState(false);
  const renew = () => {
    setRenewing(true);
    return Promise.all(configKeys.map((queryKey) => client.invalidateQueries({ queryKey }))).finally(() => setRenewing(false));
  };
  const fail = (error: unknown) => {
    setWrong({ error, line: placeOf(error, name, text, marked) });
    if (problemOf(error).code === 'conflict') void renew();
  };
  const check = async () => {
    setChecking(true);
    setWrong(undefined);
    try {
      await tryFiles(etag, files(text));
      tell({ title: t`fail2ban would take it` });
    } catch (error) {
      fail(error);
    } finally {
      setChecking(false);
    }
  };
  const save = (now: string) => {
    if (!changed(now) || lacking !== undefined || renewing) return;
    setWrong(undefined);
    askForFiles(etag, files(now), {
      title,
      onApplied: () => {
        void renew().then(() => setApplied(now));
        onApplied?.();
      },
      onConflict: () => void renew(),
    });
  };
  const idle = !changed(text) || lacking !== undefined || renewing;
  return (
    <div className="flex flex-col gap-3">
      <Unsaved when={!readOnly && text !== base} />
      {theirs && <Exchanged onTake={takeTheirs} />}
      <Suspense fallback={<Bars lines={10} className="p-4" />}>
        <Editor
          key={turn}
          text={base}
          label={visible(name)}
          readOnly={readOnly}
          onText={setText}
          onSave={save}
          wrong={wrong?.line === undefined ? undefined : (wrong as { line: number })}
        />
      </Suspense>
      {wrong !== undefined && (
        <Failure title={wrong.line === undefined ? t`fail2ban would not take it.` : t`Line ${wrong.line}:`} error={wrong.error} />
      )}
      <div className="flex flex-wrap items-center justify-end gap-2">
        {aside}
        {!readOnly && (
          <>
            {lacking !== undefined && <span className="text-sm text-muted">{lacking}</span>}
            <Button onClick={() => void check()} disabled={idle || checking}>
              {checking ? t`Checking…` : t`Check`}
            </Button>
            <Button look="primary" onClick={() => save(text)} disabled={idle}>
              {t`Review and save…`}
            </Button>
          </>
        )}
      </div>
    </div>
  );
}

/**
 * A text that is being written, and the one that it was made from. Where that is another one meanwhile, it is exchanged as
 * long as nothing was typed; else what was typed stays, and theirs says that there is another. What was applied is typed no
 * more, though the file may be as it was again already: its trial can be taken back before anybody has read it.
 */
function useText(begun: string) {
  const [base, setBase] = useState(begun);
  const [text, setText] = useState(begun);
  const [turn, setTurn] = useState(0);
  const takeTheirs = () => {
    setBase(begun);
    setText(begun);
    setTurn(turn + 1);
  };
  const [applied, setApplied] = useState<string>();
  if (applied !== undefined) setApplied(undefined);
  if (text !== begun && text === applied) takeTheirs();
  else if (begun !== base && (text === base || text === begun)) takeTheirs();
  return { base, turn, text, setText, theirs: begun !== base, takeTheirs, setApplied };
}

function Exchanged({ onTake }: { onTake: () => void }) {
  return (
    <div role="alert" className="flex flex-wrap items-center gap-3 rounded-md bg-warn-soft px-4 py-3 text-sm text-warn">
      <p className="min-w-0 flex-1 basis-64">
        {t`Somebody changed this file since you began. What you typed is still here; the review shows what it would undo of theirs.`}
      </p>
      <Button size="small" onClick={onTake}>{t`Drop mine, show theirs`}</Button>
    </div>
  );
}

/** A file as it is, for who may change it as text, else to be read. */
export function FileText({ name, own, onApplied, aside }: { name: string; own: boolean; onApplied?: () => void; aside?: ReactNode }) {
  const { data, isError, error, refetch } = useQuery(fileQuery(name));
  const allowed = useAllowed(isCode(name));
  if (data === undefined) return isError ? <Failure error={error} retry={() => void refetch()} /> : <Bars lines={10} className="p-4" />;
  const mayWrite = writable(name) && allowed === true;
  return (
    <div className="flex flex-col gap-3">
      {writable(name) ? (
        <Allowed code={isCode(name)} />
      ) : (
        <p className="text-sm text-muted">{t`A package's file: it can only be read. What differs belongs into a .local file.`}</p>
      )}
      {writable(name) && !own && allowed === true && (
        <p className="text-sm text-muted">{t`Somebody wrote this file by hand. It is changed as it stands; nothing of it is rewritten.`}</p>
      )}
      <TextEditor
        key={`${name} ${mayWrite}`}
        name={name}
        begun={own ? withoutMark(data.content) : data.content}
        marked={own}
        etag={data.etag}
        readOnly={!mayWrite}
        title={t`Change ${visible(name)}`}
        onApplied={onApplied}
        aside={aside}
      />
    </div>
  );
}

/** The text that a copy begins with. */
export function useCopyText(file: string | undefined): string | undefined {
  const { data } = useQuery({ ...fileQuery(file ?? ''), enabled: file !== undefined });
  return data === undefined ? undefined : withoutMark(data.content);
}
