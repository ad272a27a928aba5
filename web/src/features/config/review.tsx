import { t } from '@lingui/core/macro';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { configQuery } from '@/api/config';
import { type Review, review as reviewStore } from '@/api/config-review';
import { couldLockOut } from '@/api/config-words';
import { hostQuery, jailsQuery } from '@/api/queries';
import type { ConfigChange } from '@/api/types';
import { visible } from '@/lib/plain';
import { problemOf } from '@/lib/problem';
import { duration } from '@/lib/time';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Diff } from '@/ui/diff';
import { Field, Input, Select } from '@/ui/field';
import { Bars, Failure } from '@/ui/states';
import { tell } from '@/ui/toast';
import { Effects, Steps } from './effects';

const holds = 0;
const trial = 60;
const spans = [holds, trial, 300, 600];

type Trying = { state: 'trying' } | { state: 'tried'; change: ConfigChange } | { state: 'failed'; error: unknown };

/** Asks the server what a change would do; again after each call of again. */
function useAttempt(review: Review): [Trying, () => void] {
  const [trying, setTrying] = useState<Trying>({ state: 'trying' });
  const [turn, setTurn] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a turn asks again
  useEffect(() => {
    const stop = new AbortController();
    setTrying({ state: 'trying' });
    review.attempt(stop.signal).then(
      (change) => !stop.signal.aborted && setTrying({ state: 'tried', change }),
      (error: unknown) => !stop.signal.aborted && setTrying({ state: 'failed', error }),
    );
    return () => stop.abort();
  }, [review, turn]);
  return [trying, () => setTurn((n) => n + 1)];
}

/** What was asked to be changed, what it does and what it means, before it is done: see api/config-review.ts. */
export function ReviewDialog({ review }: { review: Review }) {
  const client = useQueryClient();
  const [trying, again] = useAttempt(review);
  const [chosen, setChosen] = useState<number>();
  const [reason, setReason] = useState('');
  const [applying, setApplying] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  const change = trying.state === 'tried' ? trying.change : undefined;
  const confirmSeconds = chosen ?? (change !== undefined && couldLockOut(change) ? trial : holds);
  const close = () => {
    if (applying) return;
    reviewStore.set(undefined);
    review.onCancel?.();
  };
  const apply = async () => {
    setApplying(true);
    setRefused(undefined);
    try {
      const done = await review.apply({ reason: reason.trim(), confirmSeconds });
      tell({ title: done.until === null ? t`Applied; fail2ban runs with it` : t`Applied on trial: keep it, or it is taken back` });
      reviewStore.set(undefined);
      review.onApplied?.(done);
    } catch (error) {
      setRefused(error);
      setApplying(false);
    } finally {
      for (const queryKey of [hostQuery.queryKey, jailsQuery.queryKey, configQuery.queryKey, ['config-jail'] as const, ['jail'] as const]) {
        void client.invalidateQueries({ queryKey });
      }
    }
  };
  const lookAgain = review.onConflict && lookingAgain(review.onConflict);
  return (
    <Dialog
      open
      wide
      firm
      onClose={close}
      title={review.title}
      description={t`Nothing is changed yet. It is tried on a copy first; if fail2ban does not take it, all is put back by itself.`}
      footer={
        <>
          {review.onBacktest !== undefined && (
            <Button className="mr-auto" disabled={applying} onClick={() => leaveTo(review.onBacktest)}>{t`Back-test it first`}</Button>
          )}
          <Button onClick={close} disabled={applying}>{t`Cancel`}</Button>
          <Button look="primary" disabled={change === undefined || applying} onClick={() => void apply()}>
            {applying ? t`Applying…` : confirmSeconds === holds ? t`Apply` : t`Apply on trial`}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5" aria-busy={trying.state === 'trying' || applying}>
        {refused !== undefined && <Refused error={refused} stage="apply" lookAgain={lookAgain} />}
        {trying.state === 'trying' && <Attempting />}
        {trying.state === 'failed' && <Refused error={trying.error} stage="attempt" lookAgain={lookAgain} retry={again} />}
        {change !== undefined && (
          <>
            <Summary change={change} />
            <Confirming value={confirmSeconds} onValue={setChosen} risky={couldLockOut(change)} />
            <Field label={t`Why (for the audit log)`}>
              <Input value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} autoComplete="off" />
            </Field>
          </>
        )}
        {applying && (
          <p role="status" className="text-sm text-muted">
            {t`The files are written, fail2ban takes them up, and BanGUI looks whether every jail runs and every ban is there. That takes some seconds.`}
          </p>
        )}
      </div>
    </Dialog>
  );
}

function leaveTo(go: (() => void) | undefined): void {
  reviewStore.set(undefined);
  go?.();
}

function lookingAgain(onConflict: () => void): () => void {
  return () => {
    reviewStore.set(undefined);
    onConflict();
  };
}

function Attempting() {
  return (
    <div role="status">
      <p className="pb-3 text-sm text-muted">{t`Trying it on a copy…`}</p>
      <Bars lines={4} />
    </div>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-2">
      <h3 className="text-sm font-semibold">{title}</h3>
      {children}
    </section>
  );
}

function Summary({ change }: { change: ConfigChange }) {
  return (
    <>
      <Part title={t`What it means`}>
        <Effects effects={change.effects} />
        {change.notes.map((note) => (
          <p key={note} className="text-sm text-muted">
            {visible(note)}
          </p>
        ))}
      </Part>
      {change.steps.length > 0 && (
        <Part title={t`What fail2ban does for it`}>
          <Steps steps={change.steps} />
        </Part>
      )}
      {change.left.length > 0 && (
        <Part title={t`What stays as it is now`}>
          <ul className="flex flex-col gap-1 text-sm">
            {change.left.map(({ name, why }) => (
              <li key={name} className="wrap-anywhere">
                <code className="font-mono text-xs">{visible(name)}</code> <span className="text-muted">{visible(why)}</span>
              </li>
            ))}
          </ul>
        </Part>
      )}
      <Part title={t`Files`}>
        {change.files.map(({ name, diff }) => (
          <div key={name} className="flex flex-col gap-1">
            <p className="font-mono text-xs wrap-anywhere">{visible(name)}</p>
            <Diff text={diff} />
          </div>
        ))}
      </Part>
    </>
  );
}

function Confirming({ value, onValue, risky }: { value: number; onValue: (v: number) => void; risky: boolean }) {
  const hint =
    value === holds
      ? t`There is no way back by itself. Change it again, if it turns out wrong.`
      : t`Everything is put back by itself, unless you say in that time that it works. If you lock yourself out, wait.`;
  return (
    <Field label={t`How long it is on trial`} hint={risky && value === holds ? t`This could lock you out. ${hint}` : hint}>
      <Select value={value} onChange={(event) => onValue(Number(event.target.value))}>
        {spans.map((span) => (
          <option key={span} value={span}>
            {span === holds ? t`not at all: it holds at once` : duration(span)}
          </option>
        ))}
      </Select>
    </Field>
  );
}

interface RefusedProps {
  error: unknown;
  stage: 'attempt' | 'apply';
  lookAgain?: () => void;
  retry?: () => void;
}

/** Why a change was not made, and how fail2ban stands now. */
function Refused({ error, stage, lookAgain, retry }: RefusedProps) {
  const { code, status } = problemOf(error);
  return (
    <div className="flex flex-col items-start gap-2">
      <Failure title={refusalInWords(code, stage, status)} error={error} retry={retry} />
      {code === 'conflict' && lookAgain !== undefined && <Button onClick={lookAgain}>{t`Look at it again`}</Button>}
    </div>
  );
}

/** What became of a change that failed; its reason stands behind. */
export function refusalInWords(code: string, stage: 'attempt' | 'apply', status: number): string {
  if (stage === 'apply' && status === 0)
    return t`Whether it was applied is not known: no answer came. Look at the jails before you try again.`;
  switch (code) {
    case 'conflict':
      return t`Nothing was changed.`;
    case 'invalid':
      return t`That value can't be.`;
    case 'forbidden':
      return t`This machine does not allow it.`;
    case 'fail2ban_refused':
      return stage === 'apply' ? t`It was not applied.` : t`fail2ban would not take it.`;
    default:
      return stage === 'apply' ? t`It was not applied.` : t`It could not be tried.`;
  }
}
