import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { jailsQuery } from '@/api/queries';
import { number } from '@/lib/time';
import { BarList } from '@/ui/bars';
import { Card } from '@/ui/card';
import { JailLink } from '@/ui/links';
import { Bars, Empty, Failure } from '@/ui/states';

const shown = 8;

/** Where the bans are: the jails with the most of them now. */
export function TopJails() {
  const jails = useQuery(jailsQuery);
  const top = (jails.data ?? []).toSorted((a, b) => b.currently_banned - a.currently_banned).slice(0, shown);
  const link = (
    <Link to="/jails" className="px-2 text-sm text-accent hover:underline">
      {t`All jails`}
    </Link>
  );
  return (
    <Card title={t`Active bans by jail`} aside={link} flush={top.length === 0}>
      {jails.isError && top.length === 0 ? (
        <Failure inset error={jails.error} retry={() => void jails.refetch()} />
      ) : jails.data === undefined ? (
        <Bars lines={4} className="p-4" />
      ) : top.length === 0 ? (
        <Empty hint={t`Enable one in fail2ban's configuration, such as sshd, and reload.`}>{t`fail2ban runs no jail.`}</Empty>
      ) : (
        <BarList
          bars={top.map((jail) => ({
            key: jail.name,
            label: <JailLink jail={jail.name} />,
            value: jail.currently_banned,
            text: number(jail.currently_banned),
          }))}
        />
      )}
    </Card>
  );
}
