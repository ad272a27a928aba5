import { t } from '@lingui/core/macro';
import { type FormEvent, useState } from 'react';
import { useSession } from '@/api/access';
import { stepUp, type Waiting } from '@/api/step-up';
import { problemOf } from '@/lib/problem';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { PasswordField } from '@/ui/password';
import { clockOf, useCountdown } from './countdown';

/** Asks for the password once more before a change that reaches far; the change then goes on by itself. */
export function StepUp({ waiting }: { waiting: Waiting }) {
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const { left, startFrom } = useCountdown();
  const username = useSession()?.user.username ?? '';
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    // The form of the window below must not be sent as well.
    event.stopPropagation();
    if (busy || left > 0) return;
    setBusy(true);
    try {
      await stepUp(password);
      waiting.settle(true);
    } catch (problem) {
      setError(problem);
      startFrom(problem);
      setPassword('');
      setBusy(false);
    }
  };
  const problem = error === undefined ? undefined : problemOf(error);
  const said = problem?.code === 'credentials_wrong' ? t`The password is wrong.` : problem?.message;
  return (
    <Dialog
      open
      narrow
      onClose={() => waiting.settle(false)}
      title={t`Is it still you?`}
      description={t`This change reaches far. Give your password once more; then it goes on, and you are not asked again for ten minutes.`}
      footer={
        <>
          <Button onClick={() => waiting.settle(false)}>{t`Cancel`}</Button>
          <Button look="primary" type="submit" form="step-up" disabled={password === '' || busy || left > 0}>
            {left > 0 ? t`Try again in ${clockOf(left)}` : t`Go on`}
          </Button>
        </>
      }
    >
      <form id="step-up" method="post" onSubmit={(event) => void submit(event)}>
        {/* Password managers look for the name beside the password. */}
        <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
        <PasswordField
          label={t`Password of ${username}`}
          name="password"
          autoComplete="current-password"
          required
          autoFocus
          value={password}
          onValue={setPassword}
          error={said}
        />
      </form>
    </Dialog>
  );
}
