import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { UserPlus } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useMay, useSession } from '@/api/access';
import { usersQuery } from '@/api/queries';
import type { User } from '@/api/types';
import { usePhone } from '@/lib/media';
import { visible } from '@/lib/plain';
import { number } from '@/lib/time';
import { Button } from '@/ui/button';
import { ForAdmins } from '@/ui/for-admins';
import { DataGrid } from '@/ui/grid/grid';
import { SharedMenu } from '@/ui/menu';
import { PageTitle } from '@/ui/page';
import { Bars, Failure } from '@/ui/states';
import { useUserActs } from './acts';
import { AddUser } from './add-user';
import { userCard, userColumns } from './columns';

const idOf = (user: User) => user.id;
const nameOf = (user: User) => visible(user.username);

/** Who may sign in, and as what. */
export function UsersPage() {
  return useMay('users') ? <Users /> : <ForAdmins title={t`Users`} />;
}

function Users() {
  const query = useQuery(usersQuery);
  const users = query.data;
  const own = useSession()?.user.id;
  const phone = usePhone();
  const navigate = useNavigate();
  const columns = useMemo(() => (phone ? userCard : userColumns)(own), [phone, own]);
  const [adding, setAdding] = useState(false);
  const [menu, setMenu] = useState<{ id: string; anchor: HTMLElement }>();
  const { entries, dialog } = useUserActs(users ?? []);
  const open = users?.find((user) => user.id === menu?.id);
  return (
    <>
      <PageTitle width="text" title={t`Users`} count={users === undefined ? undefined : number(users.length)}>
        <Button look="primary" onClick={() => setAdding(true)}>
          <UserPlus aria-hidden />
          {t`Add a user`}
        </Button>
      </PageTitle>
      <div className="flex max-w-[1200px] flex-col gap-4 px-6 pb-8 max-md:px-4">
        <div className="rounded-lg border border-line bg-surface">
          {users === undefined ? (
            query.isError ? (
              <Failure inset error={query.error} retry={() => void query.refetch()} />
            ) : (
              <Bars lines={4} className="p-5" />
            )
          ) : (
            <DataGrid
              label={t`Users`}
              className="max-h-[calc(100dvh-180px)]"
              columns={columns}
              rows={users}
              keyOf={idOf}
              nameOf={nameOf}
              rowHeight={phone ? 56 : 34}
              headless={phone}
              onOpen={(user) => void navigate({ to: '/users/$user', params: { user: user.id } })}
              onMenu={(user, anchor) => setMenu({ id: user.id, anchor })}
            />
          )}
        </div>
        {users?.length === 1 && (
          <p className="px-1 text-sm text-muted">
            {t`Give everybody who looks after this machine an account: then the audit log says who did what.`}
          </p>
        )}
      </div>
      <SharedMenu
        anchor={open === undefined ? null : (menu?.anchor ?? null)}
        entries={open === undefined ? [] : entries(open)}
        onClose={() => setMenu(undefined)}
      />
      {adding && <AddUser onClose={() => setAdding(false)} />}
      {dialog}
    </>
  );
}
