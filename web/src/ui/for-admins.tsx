import { t } from '@lingui/core/macro';
import { PageTitle } from './page';
import { Empty } from './states';

/** A page that one's role does not reach. */
export function ForAdmins({ title }: { title: string }) {
  return (
    <>
      <PageTitle title={title} />
      <Empty hint={t`An administrator can change your role.`}>{t`This page is for administrators.`}</Empty>
    </>
  );
}
