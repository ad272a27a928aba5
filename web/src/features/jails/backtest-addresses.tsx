import { plural, t } from '@lingui/core/macro';
import { useState } from 'react';
import type { BacktestAddress, BacktestBans, BacktestResult } from '@/api/types';
import { parseTarget } from '@/lib/address';
import { visible } from '@/lib/plain';
import { duration, number } from '@/lib/time';
import { Badge } from '@/ui/badge';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Chip } from '@/ui/chip';
import { AddressLink } from '@/ui/links';
import { Empty } from '@/ui/states';
import { When } from '@/ui/when';

type Shown = 'all' | 'after' | 'now' | 'protected' | 'signed_in';
const step = 50;

const shows: Record<Shown, (a: BacktestAddress) => boolean> = {
  all: () => true,
  after: ({ now, after }) => now.bans === 0 && after !== null && after.bans > 0,
  now: ({ now, after }) => now.bans > 0 && after !== null && after.bans === 0,
  protected: (a) => a.protected !== null,
  signed_in: ({ sign_ins }) => sign_ins > 0,
};

/** Addresses that would have been banned, those first that a person should look at. */
export function Addresses({ result }: { result: BacktestResult }) {
  const { addresses, more, after } = result;
  const [shown, setShown] = useState<Shown>('all');
  const [most, setMost] = useState(step);
  const list = addresses.filter(shows[shown]);
  const rest = list.length - most;
  const kinds: [Shown, string][] = [['all', t`All`]];
  if (after !== null) kinds.push(['after', t`Only with the change`], ['now', t`Only now`]);
  kinds.push(['protected', t`Protected`], ['signed_in', t`Signed in`]);
  return (
    <Card
      title={t`Addresses`}
      flush
      aside={
        // biome-ignore lint/a11y/useSemanticElements: a fieldset would draw a frame of its own
        <div className="flex flex-wrap gap-1.5 py-1" role="group" aria-label={t`Which addresses`}>
          {kinds.map(([kind, label]) => (
            <Chip
              key={kind}
              pressed={shown === kind}
              onClick={() => {
                setShown(kind);
                setMost(step);
              }}
            >
              {label} {number(addresses.filter(shows[kind]).length)}
            </Chip>
          ))}
        </div>
      }
    >
      {list.length === 0 ? (
        <Empty>{addresses.length === 0 ? t`Nobody would have been banned.` : t`No such address.`}</Empty>
      ) : (
        <ol className="divide-y divide-line">
          {list.slice(0, most).map((address) => (
            <Row key={address.id} address={address} />
          ))}
        </ol>
      )}
      {rest > 0 && (
        <div className="border-t border-line p-3">
          <Button size="small" onClick={() => setMost(most + step)}>
            {plural(Math.min(rest, step), { one: 'Show # more address', other: 'Show # more addresses' })}
          </Button>
        </div>
      )}
      {rest <= 0 && more > 0 && (
        <p className="border-t border-line px-4 py-2 text-sm text-muted">
          {plural(more, { one: '# more address is not told one by one.', other: '# more addresses are not told one by one.' })}
        </p>
      )}
    </Card>
  );
}

function Row({ address }: { address: BacktestAddress }) {
  const { id, now, after, sign_ins: signIns, users } = address;
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)_minmax(0,1fr)] gap-x-4 gap-y-1 px-4 py-2 text-sm max-md:grid-cols-1">
      <div className="flex min-w-0 flex-col items-start gap-1">
        {parseTarget(id) !== undefined ? <AddressLink address={id} /> : <span className="font-mono wrap-anywhere">{visible(id)}</span>}
        <Marks address={address} />
      </div>
      <Bans name={t`Now`} bans={now} />
      {after !== null && <Bans name={t`With the change`} bans={after} />}
      {address.protected !== null && <p className="col-span-full text-xs text-danger wrap-anywhere">{visible(address.protected)}</p>}
      {signIns > 0 && (
        <p className="col-span-full text-xs text-warn wrap-anywhere">
          {plural(signIns, { one: 'It signed in well # time in the same logs:', other: 'It signed in well # times in the same logs:' })}{' '}
          {visible(users.join(', '))}
        </p>
      )}
    </li>
  );
}

function Marks({ address }: { address: BacktestAddress }) {
  const marks = [
    shows.protected(address) && <Badge key="protected" tone="danger">{t`Must not be banned`}</Badge>,
    shows.signed_in(address) && <Badge key="signed_in" tone="warn">{t`Perhaps a good visitor`}</Badge>,
    shows.after(address) && <Badge key="after" tone="accent">{t`Only with the change`}</Badge>,
    shows.now(address) && <Badge key="now">{t`Only now`}</Badge>,
  ].filter((mark) => mark !== false);
  if (marks.length === 0) return null;
  return <span className="flex flex-wrap gap-1.5">{marks}</span>;
}

function Bans({ name, bans }: { name: string; bans: BacktestBans }) {
  const [first] = bans.times;
  if (first === undefined) {
    return (
      <p className="text-muted">
        <span>{name}: </span>
        {plural(bans.failures, { one: 'not banned, # failure', other: 'not banned, # failures' })}
      </p>
    );
  }
  return (
    <details className="min-w-0">
      <summary className="cursor-pointer max-md:py-1">
        <span className="text-muted">{name}: </span>
        {plural(bans.bans, { one: '# ban', other: '# bans' })}, <When at={first.at} as="clock" />
      </summary>
      <ol className="flex flex-col gap-0.5 py-1 pl-4 text-xs text-muted">
        {bans.times.map(({ at, ban_seconds: seconds }) => (
          <li key={at}>
            <When at={at} as="clock" />, {duration(seconds)}
          </li>
        ))}
        {bans.bans > bans.times.length && <li>…</li>}
        <li>{plural(bans.failures, { one: '# failure', other: '# failures' })}</li>
        {bans.stopped > 0 && <li>{plural(bans.stopped, { one: '# of them during a ban', other: '# of them during a ban' })}</li>}
      </ol>
    </details>
  );
}
