import { t } from '@lingui/core/macro';
import type { ConfigDifference, ConfigEffect } from '@/api/types';
import { visible } from '@/lib/plain';
import { Badge } from '@/ui/badge';
import { Diff } from '@/ui/diff';
import { Effects } from './effects';

interface DifferencesProps {
  files: readonly ConfigDifference[];
  effects: readonly ConfigEffect[];
  broken: string | null;
}

/** What differs between two configurations: values that count, then files. */
export function Differences({ files, effects, broken }: DifferencesProps) {
  return (
    <>
      <section className="flex flex-col gap-2">
        <h3 className="text-sm font-semibold">{t`What it means`}</h3>
        {broken === null ? (
          <Effects effects={effects} />
        ) : (
          <p className="text-sm text-warn wrap-anywhere">{t`fail2ban takes nothing of one of the two: ${visible(broken)}`}</p>
        )}
      </section>
      <section className="flex flex-col gap-2">
        <h3 className="text-sm font-semibold">{t`Files`}</h3>
        {files.map(({ name, diff, writable }) => (
          <div key={name} className="flex flex-col gap-1">
            <p className="flex flex-wrap items-center gap-2 font-mono text-xs wrap-anywhere">
              {visible(name)}
              {!writable && <Badge title={t`BanGUI writes no file of a package's, so it stays as it is.`}>{t`a package's`}</Badge>}
            </p>
            {diff === '' ? <p className="text-sm text-muted">{t`Its content is not kept.`}</p> : <Diff text={diff} />}
          </div>
        ))}
      </section>
    </>
  );
}
