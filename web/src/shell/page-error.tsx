import { t } from '@lingui/core/macro';
import type { ErrorComponentProps } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { live } from '@/api/source';
import { useStore } from '@/lib/store';
import { PageTitle } from '@/ui/page';
import { Failure } from '@/ui/states';

/** A defect of the page itself, or a part of it that could not be fetched; the rest of the shell goes on. */
export function PageError({ error, reset }: ErrorComponentProps) {
  const unfetched = isUnfetched(error);
  useReloadOnReturn(unfetched);
  return (
    <>
      <PageTitle title={t`This page failed`} />
      <Failure
        inset
        error={error}
        retry={unfetched ? () => window.location.reload() : reset}
        title={unfetched ? t`A part of the page could not be fetched:` : t`A defect of the page:`}
      />
    </>
  );
}

/** Whether it says that a file of the page did not come, in the words of the browsers and of the bundler. */
function isUnfetched(error: unknown): boolean {
  return error instanceof Error && /preload CSS|dynamically imported module|module script failed/i.test(error.message);
}

/** What was asked for in vain while the server was away is not asked for again by itself: the page is loaded anew when it is back. */
function useReloadOnReturn(when: boolean): void {
  const stream = useStore(live.state);
  const lost = useRef(false);
  useEffect(() => {
    if (stream === 'lost') lost.current = true;
    if (when && lost.current && stream === 'live') window.location.reload();
  }, [when, stream]);
}
