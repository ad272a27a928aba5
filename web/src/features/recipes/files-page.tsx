import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useMay } from '@/api/access';
import { configQuery } from '@/api/config';
import type { ConfigEntry } from '@/api/types';
import { visible } from '@/lib/plain';
import { number } from '@/lib/time';
import { Badge } from '@/ui/badge';
import { classes } from '@/ui/classes';
import { Typed } from '@/ui/filter-fields';
import { ForAdmins } from '@/ui/for-admins';
import { PageTitle } from '@/ui/page';
import { Bars, Empty, Failure } from '@/ui/states';
import { FileText } from './source';
import { writable } from './words';

/** The files of fail2ban's configuration as text. */
export function FilesPage({ file }: { file: string }) {
  return useMay('configure') ? <Files file={file} /> : <ForAdmins title={t`Configuration files`} />;
}

function Files({ file }: { file: string }) {
  const { data, isError, error, refetch } = useQuery(configQuery);
  const chosen = data?.files.find(({ name }) => name === file);
  return (
    <>
      <PageTitle title={t`Configuration files`} count={data === undefined ? undefined : number(data.files.length)} />
      <div className="grid items-start gap-4 px-6 pb-8 max-md:px-4 lg:grid-cols-[300px_minmax(0,1fr)]">
        {data === undefined ? (
          isError ? (
            <Failure error={error} retry={() => void refetch()} />
          ) : (
            <Bars lines={12} />
          )
        ) : (
          <>
            <List files={data.files} chosen={file} />
            <section aria-label={file === '' ? t`File` : visible(file)} className="min-w-0">
              {file === '' ? (
                <Empty hint={t`A .local file of yours can be changed as text; packages' files can be read.`}>{t`Choose a file.`}</Empty>
              ) : chosen === undefined ? (
                <Empty>{t`There is no such file.`}</Empty>
              ) : (
                <>
                  <h2 className="flex flex-wrap items-center gap-2 pb-3 font-mono text-sm font-medium wrap-anywhere">
                    {visible(file)} <FileBadge file={chosen} />
                  </h2>
                  <FileText key={file} name={file} own={chosen.own} />
                </>
              )}
            </section>
          </>
        )}
      </div>
    </>
  );
}

function FileBadge({ file: { name, own } }: { file: ConfigEntry }) {
  if (own) return <Badge tone="ok">BanGUI</Badge>;
  return writable(name) ? <Badge tone="accent">{t`by hand`}</Badge> : null;
}

function List({ files, chosen }: { files: readonly ConfigEntry[]; chosen: string }) {
  const [text, setText] = useState('');
  const rows = useMemo(() => {
    const found = files.filter(({ name }) => name.toLowerCase().includes(text.trim().toLowerCase()));
    // What people wrote first: that is what they look for.
    return found.sort((a, b) => Number(!writable(a.name)) - Number(!writable(b.name)) || (a.name < b.name ? -1 : 1));
  }, [files, text]);
  return (
    <div className="flex flex-col gap-2">
      <search>
        <Typed label={t`Part of a name`} value={text} onValue={setText} className="w-full" />
      </search>
      <nav aria-label={t`Files`} className="max-h-[70dvh] overflow-y-auto rounded-lg border border-line bg-surface py-1 max-lg:max-h-60">
        {rows.length === 0 && <p className="px-3 py-2 text-sm text-muted">{t`Nothing matches.`}</p>}
        {rows.map((one) => (
          <Link
            key={one.name}
            to="/config/files"
            search={{ file: one.name }}
            aria-current={one.name === chosen ? 'page' : undefined}
            className={classes(
              'flex min-h-7 items-center justify-between gap-2 px-3 font-mono text-xs max-md:min-h-11 hover:bg-hover',
              one.name === chosen && 'bg-accent-soft text-accent-text',
            )}
          >
            <span className="min-w-0 wrap-anywhere">{visible(one.name)}</span>
            <FileBadge file={one} />
          </Link>
        ))}
      </nav>
    </div>
  );
}
