import { plural, t } from '@lingui/core/macro';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Monitor } from 'lucide-react';
import { useState } from 'react';
import { endSessions } from '@/api/accounts';
import { sessionsQuery } from '@/api/queries';
import type { Session } from '@/api/types';
import { deviceOf } from '@/lib/agent';
import { visible } from '@/lib/plain';
import { Badge } from '@/ui/badge';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Confirm } from '@/ui/dialog';
import { Bars, Empty, Failure } from '@/ui/states';
import { tell, tellProblem } from '@/ui/toast';
import { When } from '@/ui/when';

/** Where somebody is signed in; each of these can be ended. Without an id it is oneself. */
export function SessionsCard({ userId }: { userId?: string }) {
  const client = useQueryClient();
  const query = useQuery(sessionsQuery(userId));
  const [ending, setEnding] = useState(false);
  const [busy, setBusy] = useState(false);
  const sessions = query.data?.toSorted(byUse);
  const others = sessions?.filter((one) => !one.current) ?? [];
  const end = async (which: readonly Session[]) => {
    setBusy(true);
    try {
      await endSessions(which.map((one) => one.id));
      tell({ title: plural(which.length, { one: '# session ended', other: '# sessions ended' }) });
    } catch (error) {
      tellProblem(t`The session was not ended`, error);
    } finally {
      setBusy(false);
      setEnding(false);
      void client.invalidateQueries({ queryKey: ['sessions'] });
    }
  };
  const all = userId === undefined ? t`End all others` : t`End all`;
  return (
    <Card
      title={t`Sessions`}
      flush
      aside={
        others.length > (userId === undefined ? 0 : 1) && (
          <Button size="small" look="quiet" disabled={busy} onClick={() => setEnding(true)}>
            {all}
          </Button>
        )
      }
    >
      {sessions === undefined ? (
        query.isError ? (
          <Failure inset error={query.error} retry={() => void query.refetch()} />
        ) : (
          <Bars lines={3} className="p-4" />
        )
      ) : sessions.length === 0 ? (
        <Empty>{t`Signed in nowhere now.`}</Empty>
      ) : (
        <ul className="divide-y divide-line">
          {sessions.map((one) => (
            <Line key={one.id} session={one} busy={busy} onEnd={() => void end([one])} />
          ))}
        </ul>
      )}
      <Confirm
        open={ending}
        busy={busy}
        onCancel={() => setEnding(false)}
        onConfirm={() => void end(others)}
        title={plural(others.length, { one: 'End # session?', other: 'End # sessions?' })}
        verb={all}
      >
        <p>{t`Whoever is signed in there has to give the password again. API tokens are not touched.`}</p>
      </Confirm>
    </Card>
  );
}

function byUse(a: Session, b: Session): number {
  if (a.current !== b.current) return a.current ? -1 : 1;
  return Date.parse(b.last_seen_at) - Date.parse(a.last_seen_at);
}

function Line({ session, busy, onEnd }: { session: Session; busy: boolean; onEnd: () => void }) {
  const { current, last_seen_at, created_at, expires_at } = session;
  const agent = session.agent ?? '';
  const address = session.address ?? '';
  const device = deviceOf(agent);
  return (
    <li className="flex items-center gap-3 px-4 py-3 text-sm">
      <Monitor className="size-5 shrink-0 text-muted max-md:hidden" aria-hidden />
      <div className="flex min-w-0 flex-1 flex-col gap-0.5">
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="font-medium wrap-anywhere" title={visible(agent)}>
            {device ?? (agent === '' ? t`Unknown device` : visible(agent).slice(0, 80))}
          </span>
          <span className="font-mono text-muted">{visible(address)}</span>
          {current && <Badge tone="ok">{t`this one`}</Badge>}
        </span>
        <span className="flex flex-wrap gap-x-3 text-xs text-muted">
          <span>
            {t`Last used`} <When at={last_seen_at} />
          </span>
          <span>
            {t`since`} <When at={created_at} as="clock" />
          </span>
          <span>
            {t`ends unused`} <When at={expires_at} />
          </span>
        </span>
      </div>
      {!current && (
        <Button size="small" disabled={busy} onClick={onEnd} aria-label={t`End the session of ${device ?? visible(address)}`}>
          {t`End`}
        </Button>
      )}
    </li>
  );
}
