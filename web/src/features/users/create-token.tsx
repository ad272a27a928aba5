import { t } from '@lingui/core/macro';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { createToken } from '@/api/accounts';
import { tokensQuery } from '@/api/queries';
import type { IssuedToken, Token } from '@/api/types';
import { visible } from '@/lib/plain';
import { duration } from '@/lib/time';
import { Button } from '@/ui/button';
import { CopyButton } from '@/ui/copy';
import { Dialog } from '@/ui/dialog';
import { Field, Input, Select } from '@/ui/field';
import { type Choice, Pick } from '@/ui/pick';
import { Failure } from '@/ui/states';

type Life = '1' | '7' | '30' | '90' | '365';
const lives: readonly Life[] = ['1', '7', '30', '90', '365'];
const maxName = 100;

function scopes(mayWrite: boolean): Choice<Token['scope']>[] {
  const read = { value: 'read' as const, label: t`Only read`, note: t`hosts, jails, bans and what happens; changes nothing` };
  const write = { value: 'write' as const, label: t`Read and write`, note: t`whatever your own role may do` };
  return mayWrite ? [read, write] : [read];
}

/** Makes an API token, and shows it this one time. */
export function CreateToken({ onClose, mayWrite }: { onClose: () => void; mayWrite: boolean }) {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [scope, setScope] = useState<Token['scope']>('read');
  const [life, setLife] = useState<Life>('90');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [made, setMade] = useState<IssuedToken>();
  const ready = name.trim() !== '';
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!ready || busy) return;
    setBusy(true);
    setError(undefined);
    try {
      setMade(await createToken(name.trim(), scope, Number(life)));
      void client.invalidateQueries({ queryKey: tokensQuery.queryKey });
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  if (made !== undefined) return <MadeToken token={made} onClose={onClose} />;
  return (
    <Dialog
      open
      onClose={onClose}
      title={t`Create an API token`}
      footer={
        <>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button look="primary" type="submit" form="create-token" disabled={!ready || busy}>
            {t`Create the token`}
          </Button>
        </>
      }
    >
      <form id="create-token" className="flex flex-col gap-5" onSubmit={(event) => void submit(event)}>
        <Field label={t`Name`} hint={t`What it is for, so that you know later whether it may go: backup script, monitoring.`}>
          <Input autoFocus autoComplete="off" maxLength={maxName} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Pick legend={t`It may`} name="scope" choices={scopes(mayWrite)} value={scope} onPick={setScope} />
        <Field label={t`Ends after`}>
          <Select value={life} onChange={(event) => setLife(event.target.value as Life)}>
            {lives.map((days) => (
              <option key={days} value={days}>
                {days === '365' ? t`1 year` : duration(Number(days) * 86_400)}
              </option>
            ))}
          </Select>
        </Field>
        {error !== undefined && <Failure error={error} />}
      </form>
    </Dialog>
  );
}

function MadeToken({ token, onClose }: { token: IssuedToken; onClose: () => void }) {
  return (
    <Dialog
      open
      firm
      onClose={onClose}
      title={t`Token ${visible(token.name)} is made`}
      footer={
        <Button look="primary" onClick={onClose}>
          {t`I have kept it`}
        </Button>
      }
    >
      <div className="flex flex-col gap-4 text-sm">
        <p className="rounded-md bg-warn-soft px-3 py-2 text-warn">{t`Copy it now: it is shown this once. BanGUI keeps only a fingerprint of it.`}</p>
        <div className="flex items-center gap-1 rounded-md border border-line-strong bg-canvas py-1 pr-1 pl-3">
          <code className="min-w-0 flex-1 font-mono wrap-anywhere select-all">{token.token}</code>
          <CopyButton text={token.token} label={t`Copy the token`} />
        </div>
        <p className="text-muted">
          {t`For the command line: put it into BANGUI_TOKEN. For HTTP:`}{' '}
          <code className="font-mono text-text">Authorization: Bearer …</code>
        </p>
      </div>
    </Dialog>
  );
}
