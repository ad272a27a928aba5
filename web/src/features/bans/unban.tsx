import { plural, t } from '@lingui/core/macro';
import { useEffect, useRef, useState } from 'react';
import { byJail, liftBans, restoreBans } from '@/api/changes';
import type { Outcome } from '@/api/types';
import { visible } from '@/lib/plain';
import type { BanRef } from '@/lib/requests';
import { number } from '@/lib/time';
import { Confirm } from '@/ui/dialog';
import { tell, tellProblem } from '@/ui/toast';

/** Up to so many bans are lifted at once, with a way back; more are asked for first. */
export const atOnce = 50;

/** What became of a lifting, in one sentence. */
export function liftedInWords(bans: BanRef[], outcomes: Outcome[]): string {
  const [first] = bans;
  const lifted = outcomes.filter((o) => o.outcome === 'lifted').length;
  if (bans.length === 1 && first !== undefined && lifted === 1) return t`${visible(first.address)} unbanned in ${visible(first.jail)}`;
  return plural(lifted, { one: '# ban lifted', other: '# bans lifted' });
}

async function lift(bans: BanRef[], progress?: (done: number) => void): Promise<void> {
  try {
    const outcomes = await liftBans(bans, progress);
    const failed = outcomes.filter((o) => o.outcome === 'failed' || o.outcome === 'refused');
    const gone = outcomes.filter((o) => o.outcome === 'not_banned').length;
    const lifted = outcomes.filter((o) => o.outcome === 'lifted');
    if (failed.length > 0) {
      tellProblem(t`${number(failed.length)} of ${number(bans.length)} were not lifted`, new Error(failed[0]?.detail ?? ''));
    }
    if (lifted.length > 0) {
      const back = bans.filter((one) => lifted.some(({ address, jail }) => address === one.address && jail === one.jail));
      const undo = bans.length <= atOnce ? () => void restore(back) : undefined;
      tell({ title: liftedInWords(bans, outcomes), undo });
    } else if (gone > 0 && failed.length === 0) {
      tell({ title: t`Nothing to lift: it was not banned any more.` });
    }
  } catch (error) {
    tellProblem(t`Unban failed`, error);
  }
}

async function restore(lifted: BanRef[]): Promise<void> {
  try {
    const outcomes = await restoreBans(lifted, t`Unban taken back`);
    const failed = outcomes.filter((o) => o.outcome !== 'banned' && o.outcome !== 'already_banned');
    if (failed.length > 0) tellProblem(t`${number(failed.length)} could not be banned again`, new Error(failed[0]?.detail ?? ''));
    else if (lifted.every((one) => one.own_end)) tell({ title: t`Banned again`, detail: t`Until the end that it had.` });
    else tell({ title: t`Banned again`, detail: t`The ban time starts anew.` });
  } catch (error) {
    tellProblem(t`Could not take the unban back`, error);
  }
}

/** Lifts bans: a few at once with undo, many after a question that names them. */
export function Unban({ bans, onDone }: { bans: BanRef[]; onDone: () => void }) {
  const few = bans.length <= atOnce;
  const begun = useRef<BanRef[]>(undefined);
  const [done, setDone] = useState<number>();
  useEffect(() => {
    if (!few || begun.current === bans) return;
    begun.current = bans;
    void lift(bans);
    onDone();
  }, [bans, few, onDone]);
  if (few) return null;
  const jails = byJail(bans);
  const confirm = async () => {
    setDone(0);
    await lift(bans, setDone);
    onDone();
  };
  return (
    <Confirm
      open
      danger
      busy={done !== undefined}
      onCancel={onDone}
      onConfirm={() => void confirm()}
      title={t`Unban ${number(bans.length)} addresses?`}
      verb={done === undefined ? t`Unban ${number(bans.length)}` : t`${number(done)} of ${number(bans.length)} done`}
    >
      <p>{t`They may connect again at once. More than ${number(atOnce)} can't be taken back with one key.`}</p>
      <ul className="flex flex-col gap-0.5">
        {[...jails].slice(0, 8).map(([jail, addresses]) => (
          <li key={jail}>{t`${number(addresses.length)} in ${visible(jail)}`}</li>
        ))}
        {jails.size > 8 && <li>{t`and ${number(jails.size - 8)} more jails`}</li>}
      </ul>
    </Confirm>
  );
}
