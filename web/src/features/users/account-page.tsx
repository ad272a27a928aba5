import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useMay, useSession } from '@/api/access';
import { tokensQuery } from '@/api/queries';
import type { CurrentSession } from '@/api/types';
import { rightsInWords, roleInWords } from '@/api/words';
import { readableOnTheWay } from '@/lib/place';
import { visible } from '@/lib/plain';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Facts } from '@/ui/facts';
import { PageTitle } from '@/ui/page';
import { When } from '@/ui/when';
import { CreateToken } from './create-token';
import { PasswordCard } from './password-card';
import { SessionsCard } from './sessions';
import { TokenList } from './tokens';
import { ZoneCard } from './zone-card';

/** One's own account: who one is, the password, where one is signed in, tokens for programs. */
export function AccountPage() {
  const session = useSession();
  if (session === undefined) return null;
  return (
    <>
      <PageTitle title={t`Your account`} />
      <div className="grid max-w-[1200px] items-start gap-4 px-6 pb-8 max-md:px-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
        <div className="flex min-w-0 flex-col gap-4">
          <Card title={t`You`}>
            <You session={session} />
          </Card>
          <PasswordCard username={session.user.username} />
          <ZoneCard />
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <SessionsCard />
          <OwnTokens username={session.user.username} />
        </div>
      </div>
    </>
  );
}

function You({ session: { user, expires_at, idle_expires_at } }: { session: CurrentSession }) {
  return (
    <Facts
      facts={[
        [
          t`User name`,
          <strong key="name" className="font-semibold">
            {visible(user.username)}
          </strong>,
        ],
        [t`Role`, roleInWords(user.role)],
        [t`May`, rightsInWords(user.role)],
        [t`Session ends`, <When key="end" at={expires_at} />],
        [t`Unused it ends`, idle_expires_at === null ? '–' : <When key="idle" at={idle_expires_at} />],
        [
          t`Connection`,
          readableOnTheWay() ? (
            <span key="way" className="text-warn">
              {t`not encrypted: use it only in a network you trust`}
            </span>
          ) : window.location.protocol === 'https:' ? (
            t`encrypted`
          ) : (
            t`on this machine only`
          ),
        ],
      ]}
    />
  );
}

function OwnTokens({ username }: { username: string }) {
  const query = useQuery(tokensQuery);
  const mayWrite = useMay('ban');
  const [creating, setCreating] = useState(false);
  return (
    <>
      <TokenList
        query={query}
        // Administrators are told of everybody's.
        tokens={query.data?.filter((one) => one.username === username)}
        aside={
          <Button size="small" onClick={() => setCreating(true)}>
            <Plus aria-hidden />
            {t`Create a token`}
          </Button>
        }
      />
      {creating && <CreateToken mayWrite={mayWrite} onClose={() => setCreating(false)} />}
    </>
  );
}
