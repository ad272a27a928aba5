import { t } from '@lingui/core/macro';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { addUser } from '@/api/accounts';
import { usersQuery } from '@/api/queries';
import type { Role } from '@/api/types';
import { visible } from '@/lib/plain';
import { type Problem, problemOf } from '@/lib/problem';
import { isUserName } from '@/lib/username';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { NewPasswordField, usable } from '@/ui/password';
import { Pick } from '@/ui/pick';
import { Failure } from '@/ui/states';
import { tell } from '@/ui/toast';
import { NewUserNameField } from '@/ui/username';
import { roleChoices } from './roles';

/** Makes an account for somebody. */
export function AddUser({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [username, setUsername] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const ready = isUserName(username) && usable(password, username.trim());
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
        <NewUserNameField
          autoFocus
          autoComplete="off"
          value={username}
          onValue={setUsername}
          error={problem?.code === 'conflict' ? problem.message : undefined}
        />
        <Pick legend={t`Role`} name="role" choices={roleChoices()} value={role} onPick={setRole} />
        <NewPasswordField
          label={t`First password`}
          value={password}
          onValue={setPassword}
          username={username.trim()}
          error={problem?.code === 'password_weak' ? `${problem.message} ${problem.mend}` : undefined}
          suggest
        />
        {problem !== undefined && !['conflict', 'password_weak'].includes(problem.code) && <Failure error={problem} />}
      </form>
    </Dialog>
  );
}
