import { t } from '@lingui/core/macro';
import { Link } from '@tanstack/react-router';
import { PageTitle } from '@/ui/page';
import { Empty } from '@/ui/states';

/** An address of this page that leads nowhere. */
export function NotFound() {
  return (
    <>
      <PageTitle title={t`Not found`} />
      <Empty
        hint={t`The address may be mistyped, or the page may have moved.`}
        action={
          <Link to="/" className="text-accent underline">
            {t`To the overview`}
          </Link>
        }
      >
        {t`There is no such page.`}
      </Empty>
    </>
  );
}
