import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { aboutQuery, hostQuery } from '@/api/queries';
import type { About, Host } from '@/api/types';
import { hostStateInWords } from '@/api/words';
import { visible } from '@/lib/plain';
import { duration, fullTime } from '@/lib/time';
import { Card } from '@/ui/card';
import { Facts } from '@/ui/facts';
import { PageTitle } from '@/ui/page';
import { Bars, Failure } from '@/ui/states';
import { GeoCard } from './geo-card';
import { works } from './works';

/** The host and this console: versions, paths, who is protected, whose work is inside. */
export function AboutPage() {
  const about = useQuery(aboutQuery);
  const host = useQuery(hostQuery);
  return (
    <>
      <PageTitle title={t`Host and about`} />
      <div className="grid max-w-[1200px] items-start gap-4 px-6 pb-8 max-md:px-4 lg:grid-cols-2">
        <Card title="fail2ban">
          {host.data ? (
            <HostFacts host={host.data} />
          ) : host.isError ? (
            <Failure error={host.error} retry={() => void host.refetch()} />
          ) : (
            <Bars lines={7} />
          )}
        </Card>
        <Card title="BanGUI">
          {about.data ? (
            <Console about={about.data} />
          ) : about.isError ? (
            <Failure error={about.error} retry={() => void about.refetch()} />
          ) : (
            <Bars lines={5} />
          )}
        </Card>
        {about.data && <ProtectedCard about={about.data} />}
        <GeoCard />
        <Card title={t`Work of others inside this page`}>
          <ul className="grid grid-cols-2 gap-x-6 gap-y-1 text-sm max-md:grid-cols-1">
            {works.map(({ name, licence }) => (
              <li key={name} className="flex justify-between gap-2">
                {name} <span className="text-muted">{licence}</span>
              </li>
            ))}
          </ul>
        </Card>
      </div>
    </>
  );
}

const mono = (value: string | null) => (value === null ? t`not known` : <span className="font-mono">{visible(value)}</span>);

function HostFacts({ host }: { host: Host }) {
  const { fail2ban } = host;
  const { mark, word } = hostStateInWords(host.state);
  return (
    <Facts
      facts={[
        [t`Host`, visible(host.name)],
        [t`State`, `${mark} ${word}${host.detail === null ? '' : `: ${visible(host.detail)}`}`],
        [t`Since`, fullTime(host.state_since)],
        [t`Last answer`, host.as_of === null ? t`never` : fullTime(host.as_of)],
        [t`Version`, fail2ban.version ?? t`not known`],
        [t`Process`, fail2ban.pid === null ? t`not known` : String(fail2ban.pid)],
        [t`Socket`, mono(fail2ban.socket)],
        [t`Configuration`, mono(fail2ban.config_dir)],
        [t`Log`, mono(fail2ban.log_target)],
        [t`Log level`, fail2ban.log_level ?? t`not known`],
        [t`Database`, mono(fail2ban.database)],
        [t`Remembers bans for`, fail2ban.database_purge_seconds === null ? t`not known` : duration(fail2ban.database_purge_seconds)],
      ]}
    />
  );
}

function Console({ about }: { about: About }) {
  return (
    <Facts
      facts={[
        [t`Version`, about.version],
        [t`Commit`, mono(about.commit === '' ? null : about.commit)],
        [t`Built with`, about.go_version],
        [t`Talks to fail2ban`, about.in_process ? t`itself, so this process has its rights` : t`through the helper`],
        [t`Times are in`, about.time_zone],
        [t`You come from`, mono(about.your_address)],
        [t`Licence`, 'MIT'],
      ]}
    />
  );
}

function ProtectedCard({ about }: { about: About }) {
  return (
    <Card title={t`Never banned from here`}>
      <p className="pb-3 text-sm text-muted">{t`Banning one of these could lock you out, so BanGUI refuses it.`}</p>
      <ul className="flex flex-col gap-1.5 text-sm">
        {(about.protected ?? []).map(({ prefix, reason }) => (
          <li key={prefix + reason} className="flex flex-wrap justify-between gap-x-4">
            <span className="font-mono">{visible(prefix)}</span>
            <span className="text-muted">{visible(reason)}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
