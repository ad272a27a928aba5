import { plural, t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { ban, liftBans } from '@/api/changes';
import { aboutQuery, jailsQuery } from '@/api/queries';
import type { BanOrder, Outcome } from '@/api/types';
import { splitTargets } from '@/lib/address';
import { visible } from '@/lib/plain';
import { problemOf } from '@/lib/problem';
import { forHowLong } from '@/lib/time';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input, TextArea } from '@/ui/field';
import { tell, tellProblem } from '@/ui/toast';
import { JailPick } from './jail-pick';
import { LengthPick, useBanLength } from './length-pick';
import { judgePreflight, usePreflight } from './preflight';
import { PreflightList } from './preflight-list';
import { WideConfirm } from './wide-confirm';

interface BanDialogProps {
  onClose: () => void;
  addresses: string[];
  jail?: string;
}

const maxAddresses = 1000;
const maxReason = 500;

function useJailChoice(wish: string | undefined) {
  const jails = (useQuery(jailsQuery).data ?? []).filter((j) => j.state !== 'stopped');
  const [picked, setPicked] = useState(wish);
  const best = jails.find((j) => j.name === picked) ?? jails.find((j) => j.ours) ?? jails.find((j) => j.name === 'sshd') ?? jails[0];
  return { jails, jail: best?.name ?? '', pick: setPicked };
}

/** Bans by hand: who, where, why; and before anything happens, what would come of it. */
export function BanDialog({ onClose, addresses, jail: wish }: BanDialogProps) {
  const [text, setText] = useState(addresses.join('\n'));
  const [reason, setReason] = useState('');
  const [allowWide, setAllowWide] = useState(false);
  const [busy, setBusy] = useState(false);
  const { jails, jail, pick } = useJailChoice(wish);
  const length = useBanLength();
  const { targets, wrong } = useMemo(() => splitTargets(text), [text]);
  const preflight = usePreflight({ targets: targets.slice(0, maxAddresses), jail, allowWide });
  const verdict = judgePreflight(preflight, wrong.length + Math.max(0, targets.length - maxAddresses));
  const ready = verdict.ready && length.ready && !busy;
  const you = useQuery(aboutQuery).data?.your_address;

  const write = (next: string) => {
    setText(next);
    setAllowWide(false); // a confirmation counts for what was confirmed
  };
  const submit = async () => {
    setBusy(true);
    try {
      const order: BanOrder = { addresses: targets.map((one) => one.text), jails: [jail], allow_wide: allowWide };
      if (reason.trim() !== '') order.reason = reason.trim();
      if (length.seconds !== undefined) order.duration_seconds = length.seconds;
      announce(await ban(order), order);
      onClose();
    } catch (error) {
      tellProblem(t`Ban failed`, error);
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t`Ban`}
      description={you === undefined ? undefined : t`You come from ${visible(you)}, which can't be banned here.`}
      footer={
        <>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button look="primary" type="submit" form="ban" disabled={!ready}>
            {verdict.willBan > 1 ? plural(verdict.willBan, { one: 'Ban # address', other: 'Ban # addresses' }) : t`Ban`}
          </Button>
        </>
      }
    >
      <form
        id="ban"
        className="flex flex-col gap-5"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) void submit();
        }}
      >
        <Field
          label={t`Addresses or networks`}
          hint={t`One or many, separated by spaces, commas or lines.`}
          error={wrongInWords(wrong, targets.length)}
        >
          <TextArea
            autoFocus
            rows={Math.min(8, Math.max(2, text.split('\n').length))}
            value={text}
            spellCheck={false}
            autoCapitalize="off"
            onChange={(event) => write(event.target.value)}
            className="font-mono"
            placeholder="203.0.113.7, 2001:db8::/48"
          />
        </Field>
        {preflight.state === 'failed' ? (
          <div role="alert" className="rounded-md bg-danger-soft p-3 text-sm text-danger">
            {problemOf(preflight.error).message} <Button size="small" onClick={preflight.retry}>{t`Try again`}</Button>
          </div>
        ) : (
          <PreflightList preflight={preflight} verdict={verdict} />
        )}
        {(verdict.wide.length > 0 || allowWide) && (
          <WideConfirm targets={targets} wide={verdict.wide} checked={allowWide} onCheck={setAllowWide} />
        )}
        <JailPick jails={jails} jail={jail} onPick={pick} onLeave={onClose} />
        <LengthPick length={length} jail={jails.find((one) => one.name === jail)} />
        <Field
          label={t`Reason`}
          hint={t`Kept with the ban and shown to who asks why.`}
          error={reason.length > maxReason ? t`At most ${maxReason} characters.` : undefined}
        >
          <Input value={reason} maxLength={maxReason} onChange={(event) => setReason(event.target.value)} />
        </Field>
      </form>
    </Dialog>
  );
}

function wrongInWords(wrong: string[], count: number): string | undefined {
  const [first] = wrong;
  if (first !== undefined) return t`“${visible(first).slice(0, 60)}” is no address or network.`;
  return count > maxAddresses ? t`At most ${maxAddresses} at once; these are ${count}.` : undefined;
}

function announce(outcomes: Outcome[], { jails: [jail = ''], duration_seconds: seconds }: BanOrder): void {
  const banned = outcomes.filter((o) => o.outcome === 'banned');
  const bad = outcomes.filter((o) => o.outcome !== 'banned' && o.outcome !== 'already_banned');
  const [first] = banned;
  if (bad.length > 0) tellProblem(t`${bad.length} of ${outcomes.length} were not banned`, new Error(bad[0]?.detail ?? ''));
  if (first === undefined) {
    if (bad.length === 0) tell({ title: t`All were banned already` });
    return;
  }
  const title =
    banned.length === 1
      ? t`${visible(first.address)} banned in ${visible(jail)}`
      : plural(banned.length, { one: '# address banned', other: '# addresses banned' });
  const detail = seconds === undefined ? undefined : forHowLong(seconds);
  tell({ title, detail, undo: () => void liftBans(banned).catch((error: unknown) => tellProblem(t`Could not take the ban back`, error)) });
}
