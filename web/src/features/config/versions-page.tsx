import { plural, t } from '@lingui/core/macro';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useMay } from '@/api/access';
import type { ConfigVersion } from '@/api/types';
import { versionsQuery } from '@/api/versions';
import { visible } from '@/lib/plain';
import { Badge } from '@/ui/badge';
import { Button } from '@/ui/button';
import { ForAdmins } from '@/ui/for-admins';
import { PageTitle } from '@/ui/page';
import { Bars, Empty, Failure } from '@/ui/states';
import { When } from '@/ui/when';
import { Drift } from './drift';
import { useRestore, VersionDetail } from './version-detail';
import { kindInWords } from './versions-words';

/** What fail2ban's configuration was after each change; any of it can be brought back. */
export function VersionsPage() {
  const may = useMay('configure');
  return may ? <Versions /> : <ForAdmins title={t`Versions`} />;
}

function Versions() {
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = useInfiniteQuery(versionsQuery);
  const list = useMemo(() => data?.pages.flatMap((page) => page.items), [data]);
  const [shown, setShown] = useState<ConfigVersion>();
  const restore = useRestore();
  return (
    <>
      <PageTitle title={t`Versions`} width="text" />
      <div className="max-w-[1200px]">
        <p className="px-6 pb-4 text-sm text-muted max-md:px-4">
          {t`What fail2ban's configuration was after each change, who made it and why. Each version can be brought back.`}{' '}
          <Link to="/audit" search={{ action: 'config.change' }} className="text-accent underline">
            {t`What failed and was put back stands in the audit log.`}
          </Link>
        </p>
        <Drift />
        <div className="px-6 pb-6 max-md:px-4">
          {error !== null && <Failure error={error} retry={() => void refetch()} />}
          {error === null && list === undefined && <Bars lines={6} />}
          {list?.length === 0 && <Empty hint={t`BanGUI looks once a minute.`}>{t`There is no version yet.`}</Empty>}
          {list !== undefined && list.length > 0 && (
            <ul className="divide-y divide-line rounded-md border border-line bg-surface">
              {list.map((version, index) => (
                <Row
                  key={version.id}
                  version={version}
                  newest={index === 0}
                  onShow={() => setShown(version)}
                  onRestore={() => restore(version)}
                />
              ))}
            </ul>
          )}
          {hasNextPage && (
            <div className="flex justify-center pt-3">
              <Button size="small" look="quiet" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                {isFetchingNextPage ? t`Loading more…` : t`Load older versions`}
              </Button>
            </div>
          )}
        </div>
      </div>
      {shown !== undefined && (
        <VersionDetail
          version={shown}
          newest={shown.id === list?.[0]?.id}
          onClose={() => setShown(undefined)}
          onRestore={() => {
            setShown(undefined);
            restore(shown);
          }}
        />
      )}
    </>
  );
}

interface RowProps {
  version: ConfigVersion;
  newest: boolean;
  onShow: () => void;
  onRestore: () => void;
}

function Row({ version, newest, onShow, onRestore }: RowProps) {
  const { word, means, tone } = kindInWords(version.kind);
  const most = 3;
  const names = version.changed.slice(0, most).map(visible).join(', ');
  const more = version.changed.length - most;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="flex min-w-0 flex-1 basis-72 flex-col gap-1">
        <p className="flex flex-wrap items-center gap-2 text-sm">
          <span className="font-medium">{t`Version ${version.id}`}</span>
          <Badge tone={tone} title={means}>
            {word}
          </Badge>
          {newest && <Badge>{t`newest`}</Badge>}
          {version.until !== null && <Badge tone="warn">{t`on trial`}</Badge>}
          <span className="text-muted">
            <When at={version.at} as="clock" />
            {version.actor !== null && ` · ${visible(version.actor)}`}
          </span>
        </p>
        {version.reason !== null && <p className="text-sm wrap-anywhere">{visible(version.reason)}</p>}
        {version.changed.length > 0 && (
          <p className="font-mono text-xs text-muted wrap-anywhere">
            {names}
            {more > 0 && ` ${plural(more, { one: 'and # more', other: 'and # more' })}`}
          </p>
        )}
      </div>
      <div className="flex gap-2">
        <Button size="small" onClick={onShow} aria-label={t`See what version ${version.id} changed`}>{t`See`}</Button>
        {!newest && <Button size="small" onClick={onRestore} aria-label={t`Restore version ${version.id}`}>{t`Restore…`}</Button>}
      </div>
    </li>
  );
}
