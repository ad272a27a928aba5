import { t } from '@lingui/core/macro';
import { Link } from '@tanstack/react-router';
import type { User } from '@/api/types';
import { roleInWords } from '@/api/words';
import { visible } from '@/lib/plain';
import { Badge } from '@/ui/badge';
import type { Column } from '@/ui/grid/row';
import { When } from '@/ui/when';

/** Whether he may sign in. */
export function Standing({ disabled }: { disabled: boolean }) {
  return disabled ? (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap text-muted">
      <span aria-hidden>○</span>
      {t`Disabled`}
    </span>
  ) : (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap text-ok">
      <span aria-hidden>●</span>
      {t`Active`}
    </span>
  );
}

function Name({ user, own, tabIndex }: { user: User; own: string | undefined; tabIndex: 0 | -1 }) {
  return (
    <span className="flex items-center gap-2">
      <Link
        to="/users/$user"
        params={{ user: user.id }}
        tabIndex={tabIndex}
        className="truncate font-medium hover:text-accent hover:underline"
      >
        {visible(user.username)}
      </Link>
      {user.id === own && <Badge tone="accent">{t`you`}</Badge>}
    </span>
  );
}

/** When he was here last. */
export function LastHere({ at }: { at: string | null }) {
  return at === null ? <span className="text-muted">{t`never`}</span> : <When at={at} />;
}

/** The columns of the list of users; own is the id of who looks. */
export function userColumns(own: string | undefined): Column<User>[] {
  return [
    {
      id: 'name',
      header: t`User name`,
      width: 'minmax(140px, 1.4fr)',
      cell: (user, tabIndex) => <Name user={user} own={own} tabIndex={tabIndex} />,
    },
    { id: 'role', header: t`Role`, width: 'minmax(110px, 0.8fr)', cell: ({ role }) => roleInWords(role) },
    { id: 'state', header: t`State`, width: 'minmax(90px, 0.6fr)', cell: ({ disabled }) => <Standing disabled={disabled} /> },
    { id: 'here', header: t`Last sign-in`, width: 'minmax(110px, 0.8fr)', cell: (user) => <LastHere at={user.last_sign_in_at} /> },
    {
      id: 'password',
      header: t`Password set`,
      width: 'minmax(110px, 0.8fr)',
      cell: (user) => (
        <span className="text-muted">
          <When at={user.password_changed_at} />
        </span>
      ),
    },
    {
      id: 'since',
      header: t`Added`,
      width: 'minmax(110px, 0.8fr)',
      cell: (user) => (
        <span className="text-muted">
          <When at={user.created_at} />
        </span>
      ),
    },
  ];
}

/** On phones a user is a card of two lines. */
export function userCard(own: string | undefined): Column<User>[] {
  return [
    {
      id: 'card',
      header: t`User name`,
      width: 'minmax(0, 1fr)',
      cell: (user, tabIndex) => (
        <div className="flex flex-col gap-0.5">
          <div className="flex items-center justify-between gap-2 text-base">
            <Name user={user} own={own} tabIndex={tabIndex} />
            <span className="text-sm">{roleInWords(user.role)}</span>
          </div>
          <div className="flex justify-between gap-2 text-xs">
            <Standing disabled={user.disabled} />
            <span className="text-muted">
              {t`Last sign-in`} <LastHere at={user.last_sign_in_at} />
            </span>
          </div>
        </div>
      ),
    },
  ];
}
