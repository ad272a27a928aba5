import { t } from '@lingui/core/macro';
import type { ErrorComponentProps } from '@tanstack/react-router';
import { PageTitle } from '@/ui/page';
import { Failure } from '@/ui/states';

/** A defect of the page itself; the rest of the shell goes on. */
export function PageError({ error, reset }: ErrorComponentProps) {
  return (
    <>
      <PageTitle title={t`This page failed`} />
      <Failure inset error={error} retry={reset} title={t`A defect of the page:`} />
    </>
  );
}
