import { t } from '@lingui/core/macro';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { addUser } from '@/api/accounts';
import { usersQuery } from '@/api/queries';
import type { Role } from '@/api/types';
import { visible } from '@/lib/plain';
import { type Problem, problemOf } from '@/lib/problem';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input } from '@/ui/field';
import { NewPasswordField, usable } from '@/ui/password';
import { Pick } from '@/ui/pick';
import { Failure } from '@/ui/states';
import { tell } from '@/ui/toast';
import { roleChoices } from './roles';

/** Makes an account for somebody. */
export function AddUser({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [username, setUsername] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const ready = username.trim() !== '' && usable(password, username.trim());
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!ready || busy) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await addUser(username.trim(), role, password);
      tell({ title: t`${visible(username.trim())} may sign in now` });
      void client.invalidateQueries({ queryKey: usersQuery.queryKey });
      onClose();
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  };
  const told = (field: string) => problem?.fields.find((f) => f.field.endsWith(field))?.detail;
  const general = problem !== undefined && told('username') === undefined && told('password') === undefined;
  return (
    <Dialog
      open
      onClose={onClose}
      title={t`Add a user`}
      footer={
        <>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button look="primary" type="submit" form="add-user" disabled={!ready || busy}>
            {t`Add the user`}
          </Button>
        </>
      }
    >
      <form id="add-user" className="flex flex-col gap-5" onSubmit={(event) => void submit(event)}>
        <Field label={t`User name`} hint={t`Small letters, digits, and . _ - between them.`} error={told('username')}>
          <Input
            autoFocus
            autoComplete="off"
            autoCapitalize="off"
            autoCorrect="off"
            spellCheck={false}
            maxLength={64}
            value={username}
            onChange={(event) => setUsername(event.target.value)}
          />
        </Field>
        <Pick legend={t`Role`} name="role" choices={roleChoices()} value={role} onPick={setRole} />
        <NewPasswordField
          label={t`First password`}
          value={password}
          onValue={setPassword}
          username={username.trim()}
          error={told('password')}
          suggest
        />
        {general && <Failure error={problem} />}
      </form>
    </Dialog>
  );
}
