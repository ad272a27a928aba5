import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { ChevronDown } from 'lucide-react';
import { useMay, useSession } from '@/api/access';
import { tokensQuery, userQuery, usersQuery } from '@/api/queries';
import type { User } from '@/api/types';
import { rightsInWords, roleInWords } from '@/api/words';
import { visible } from '@/lib/plain';
import { fullTime } from '@/lib/time';
import { Badge } from '@/ui/badge';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Facts } from '@/ui/facts';
import { ForAdmins } from '@/ui/for-admins';
import { Menu } from '@/ui/menu';
import { PageTitle } from '@/ui/page';
import { Bars, Failure } from '@/ui/states';
import { useUserActs } from './acts';
import { LastHere, Standing } from './columns';
import { SessionsCard } from './sessions';
import { TokenList } from './tokens';

/** One user: what he may do, where he is signed in, which tokens he has. */
export function UserPage({ id }: { id: string }) {
  return useMay('users') ? <Shown id={id} /> : <ForAdmins title={t`User`} />;
}

function Shown({ id }: { id: string }) {
  const query = useQuery(userQuery(id));
  const users = useQuery(usersQuery).data ?? [];
  const tokens = useQuery(tokensQuery);
  const navigate = useNavigate();
  const own = useSession()?.user.id === id;
  const { entries, dialog } = useUserActs(users, () => void navigate({ to: '/users' }));
  const user = query.data;
  return (
    <>
      <PageTitle
        width="text"
        title={user === undefined ? t`User` : visible(user.username)}
        count={user !== undefined && <Standing disabled={user.disabled} />}
      >
        {user !== undefined && (
          <Menu
            entries={entries(user)}
            trigger={
              <Button>
                {t`Actions`}
                <ChevronDown aria-hidden />
              </Button>
            }
          />
        )}
      </PageTitle>
      <div className="grid max-w-[1200px] items-start gap-4 px-6 pb-8 max-md:px-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
        {user === undefined ? (
          query.isError ? (
            <Failure error={query.error} retry={() => void query.refetch()} />
          ) : (
            <Bars lines={6} />
          )
        ) : (
          <>
            <Card title={t`Account`} aside={own && <Badge tone="accent">{t`you`}</Badge>}>
              <UserFacts user={user} />
            </Card>
            <div className="flex min-w-0 flex-col gap-4">
              <SessionsCard userId={user.id} />
              <TokenList query={tokens} tokens={tokens.data?.filter((one) => one.username === user.username)} />
            </div>
          </>
        )}
      </div>
      {dialog}
    </>
  );
}

function UserFacts({ user }: { user: User }) {
  return (
    <div className="flex flex-col gap-4">
      <Facts
        facts={[
          [t`Role`, roleInWords(user.role)],
          [t`May`, rightsInWords(user.role)],
          [t`Last sign-in`, <LastHere key="here" at={user.last_sign_in_at} />],
          [t`Password set`, fullTime(user.password_changed_at)],
          [t`Added`, fullTime(user.created_at)],
        ]}
      />
      <Link to="/audit" search={{ actor: user.username }} className="text-sm text-accent hover:underline">
        {t`What ${visible(user.username)} did`}
      </Link>
    </div>
  );
}
