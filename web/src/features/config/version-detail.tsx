import { t } from '@lingui/core/macro';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { configQuery } from '@/api/config';
import { review } from '@/api/config-review';
import type { ConfigVersion } from '@/api/types';
import { renewVersions, restoreVersion, versionQuery } from '@/api/versions';
import { visible } from '@/lib/plain';
import { fullTime } from '@/lib/time';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Facts } from '@/ui/facts';
import { Bars, Failure } from '@/ui/states';
import { Differences } from './differences';
import { kindInWords } from './versions-words';

/** Asks for a look at what bringing a version back would do, made from what is there when that look begins. */
export function useRestore(): (version: ConfigVersion) => void {
  const client = useQueryClient();
  return ({ id }) => {
    let etag = '';
    review.set({
      title: t`Restore version ${id}`,
      attempt: async (signal) => {
        etag = (await client.fetchQuery({ ...configQuery, staleTime: 0 })).etag;
        return restoreVersion(id, etag, undefined, signal);
      },
      apply: (terms) => restoreVersion(id, etag, terms),
      onApplied: () => void renewVersions(client),
    });
  };
}

interface DetailProps {
  version: ConfigVersion;
  newest: boolean;
  onRestore: () => void;
  onClose: () => void;
}

/** One version with all that is kept of it. */
export function VersionDetail({ version, newest, onRestore, onClose }: DetailProps) {
  const { data, error, refetch } = useQuery(versionQuery(version.id));
  const { word, means } = kindInWords(version.kind);
  const facts: [string, ReactNode][] = [
    [t`When`, fullTime(version.at)],
    [t`Who`, version.actor === null ? t`not known` : visible(version.actor)],
    [t`How`, `${word}: ${means}`],
  ];
  if (version.reason !== null) facts.push([t`Why`, visible(version.reason)]);
  if (version.until !== null) facts.push([t`On trial`, t`taken back at ${fullTime(version.until)} unless it is kept`]);
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={t`Version ${version.id}`}
      footer={
        <>
          <Button onClick={onClose}>{t`Close`}</Button>
          {!newest && <Button look="primary" onClick={onRestore}>{t`Restore this version…`}</Button>}
        </>
      }
    >
      <div className="flex flex-col gap-5">
        <Facts facts={facts} />
        {error !== null && <Failure error={error} retry={() => void refetch()} />}
        {error === null && data === undefined && <Bars lines={5} />}
        {data?.oldest === true && (
          <p className="text-sm text-muted">{t`Nothing is kept of what was before, so there is nothing to compare.`}</p>
        )}
        {data !== undefined && !data.oldest && <Differences {...data} />}
      </div>
    </Dialog>
  );
}
