import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { Ban, ShieldOff } from 'lucide-react';
import { useMay } from '@/api/access';
import { addressQuery } from '@/api/queries';
import type { Address } from '@/api/types';
import { useHotkeys } from '@/lib/hotkeys';
import { visible } from '@/lib/plain';
import { ask } from '@/lib/requests';
import { Button } from '@/ui/button';
import { CopyButton, copyText } from '@/ui/copy';
import { PageTitle } from '@/ui/page';
import { Bars, Failure } from '@/ui/states';
import { EvidenceCard } from './evidence';
import { NowCard } from './now';
import { Rehearsal } from './rehearsal';
import { TimelineCard } from './timeline';
import { Verdict } from './verdict';

/** Why an address is banned, or that it isn't: all that is known about it. */
export function AddressPage({ address }: { address: string }) {
  const query = useQuery(addressQuery(address));
  const { data } = query;
  useHotkeys({
    c: () => void copyText(address),
    u: () => data !== undefined && data.bans.length > 0 && ask('unban', { bans: data.bans }),
    b: () => ask('ban', { addresses: [address] }),
  });
  return (
    <>
      <PageTitle
        width="text"
        name={visible(address)}
        title={
          <span className="flex items-center gap-1">
            <span className="font-mono text-2xl wrap-anywhere max-md:text-xl">{visible(data?.address ?? address)}</span>
            <CopyButton text={address} label={t`Copy address`} />
          </span>
        }
      >
        {data !== undefined && <Actions data={data} />}
      </PageTitle>
      <div className="flex max-w-[1200px] flex-col gap-4 px-6 pb-8 max-md:px-4">
        {data === undefined ? (
          query.isError ? (
            <Failure error={query.error} retry={() => void query.refetch()} />
          ) : (
            <Bars lines={7} />
          )
        ) : (
          <Known data={data} />
        )}
      </div>
    </>
  );
}

function Actions({ data }: { data: Address }) {
  if (!useMay('ban')) return null;
  return (
    <>
      {data.bans.length > 0 && (
        <Button look="primary" onClick={() => ask('unban', { bans: data.bans })}>
          <ShieldOff aria-hidden />
          {data.bans.length > 1 ? t`Unban everywhere` : t`Unban`}
        </Button>
      )}
      {data.kind !== 'other' && (
        <Button look={data.bans.length > 0 ? 'plain' : 'primary'} onClick={() => ask('ban', { addresses: [data.address] })}>
          <Ban aria-hidden />
          {data.bans.length > 0 ? t`Ban in another jail` : t`Ban`}
        </Button>
      )}
    </>
  );
}

function Known({ data }: { data: Address }) {
  return (
    <>
      <Verdict data={data} />
      {data.bans.length + data.covered_by.length > 0 && <NowCard bans={data.bans} coveredBy={data.covered_by} />}
      <TimelineCard address={data.address} />
      {(data.evidence.length > 0 || data.evidence_error !== null || data.history.length === 0) && (
        <EvidenceCard evidence={data.evidence} error={data.evidence_error} />
      )}
      {data.kind !== 'other' && <Rehearsal address={data.address} />}
    </>
  );
}
