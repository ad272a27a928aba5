import { t } from '@lingui/core/macro';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { changePassword } from '@/api/accounts';
import { type Problem, problemOf } from '@/lib/problem';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { NewPasswordField, PasswordField, usable } from '@/ui/password';
import { tell } from '@/ui/toast';

/** Changes one's own password. */
export function PasswordCard({ username }: { username: string }) {
  const client = useQueryClient();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  // Anew after each change: the fields' own states (shown, measured) end with it.
  const [round, setRound] = useState(0);
  const ready = current !== '' && usable(next, username) && next !== current;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!ready || busy) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await changePassword(current, next);
      tell({ title: t`Password changed`, detail: t`All your other sessions have ended.` });
      setCurrent('');
      setNext('');
      setRound(round + 1);
      void client.invalidateQueries({ queryKey: ['sessions'] });
    } catch (error) {
      setProblem(problemOf(error));
    }
    setBusy(false);
  };
  const wrong = problem?.code === 'credentials_wrong';
  return (
    <Card title={t`Password`}>
      <form key={round} method="post" className="flex flex-col gap-4" onSubmit={(event) => void submit(event)}>
        <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
        <PasswordField
          label={t`Current password`}
          autoComplete="current-password"
          required
          value={current}
          onValue={setCurrent}
          error={wrong ? t`The password is wrong.` : undefined}
        />
        <NewPasswordField
          label={t`New password`}
          value={next}
          onValue={setNext}
          username={username}
          error={next !== '' && next === current ? t`This is the one you have.` : undefined}
        />
        {problem !== undefined && !wrong && (
          <p role="alert" className="rounded-md bg-danger-soft px-3 py-2 text-sm text-danger wrap-anywhere">
            {[problem.message, ...problem.fields.map((f) => f.detail), problem.mend].filter(Boolean).join(' ')}
          </p>
        )}
        <div className="flex flex-wrap items-center gap-3">
          <Button look="primary" type="submit" disabled={!ready || busy}>
            {t`Change the password`}
          </Button>
          <span className="text-xs text-muted">{t`Ends all your other sessions.`}</span>
        </div>
      </form>
    </Card>
  );
}
