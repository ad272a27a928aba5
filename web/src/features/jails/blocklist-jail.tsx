import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMay } from '@/api/access';
import { configQuery } from '@/api/config';
import { askForEdits } from '@/api/config-review';
import type { ConfigEdit } from '@/api/types';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { allPorts } from './settings';

const name = 'blocklist-import';
// What no run of an import renews runs out by itself.
const week = '1w';

/** The edits that make the jail for imported blocklists: no filter, no log, every port. */
export function blocklistJail(): ConfigEdit[] {
  const set = (option: string, value: string): ConfigEdit => ({ place: 'jail', name, option, value });
  return [set('enabled', 'true'), set('filter', ''), set('backend', 'polling'), set('banaction', allPorts), set('bantime', week)];
}

/** Offers a jail for bans from blocklists, apart from all others; deleting it lifts just those. */
export function BlocklistJailCard() {
  const may = useMay('configure');
  const config = useQuery({ ...configQuery, enabled: may }).data;
  if (config === undefined) return null;
  const there = config.jails.some((jail) => jail.name === name);
  const add = () => askForEdits(config.etag, blocklistJail(), { title: t`Add the jail ${name}` });
  return (
    <Card title={t`A jail for imported blocklists`}>
      <div className="flex flex-wrap items-center gap-4 text-sm">
        <p className="min-w-64 flex-1 text-muted">
          {t`Addresses from blocklists belong into a jail of their own: it closes every port, watches no log, and a ban there runs out after a week unless it is renewed. Deleting it lifts just its bans.`}
        </p>
        {there ? (
          <Link to="/jails/$jail" params={{ jail: name }} className="text-accent hover:underline">
            {t`Show the jail ${name}`}
          </Link>
        ) : (
          <Button disabled={config.allowed.degree === 'no'} onClick={add}>{t`Show what would change…`}</Button>
        )}
      </div>
    </Card>
  );
}
