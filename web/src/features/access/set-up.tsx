import { t } from '@lingui/core/macro';
import { CircleCheck } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { lookWho, setUp } from '@/api/access';
import { type Problem, problemOf } from '@/lib/problem';
import { isUserName } from '@/lib/username';
import { Button } from '@/ui/button';
import { CopyButton } from '@/ui/copy';
import { Field, Input } from '@/ui/field';
import { NewPasswordField, PasswordField, usable } from '@/ui/password';
import { NewUserNameField } from '@/ui/username';
import { clockOf, useCountdown } from './countdown';
import { Frame } from './frame';
import { PlainHttp } from './plain-http';

const command = 'sudo bangui setup-token';

/** The first run: who holds the set-up token makes the first administrator. */
export function SetUp({ token: fromLink }: { token: string }) {
  const [token, setToken] = useState(fromLink);
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const { left, startFrom } = useCountdown();
  const wrongToken = problem?.code === 'setup_token_wrong';
  const different = again !== '' && again !== password;
  const ready = token.trim() !== '' && isUserName(username) && usable(password, username) && again === password;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!ready || busy || left > 0) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await setUp(token.trim(), username.trim(), password);
    } catch (error) {
      setProblem(problemOf(error));
      startFrom(error);
      // Somebody else was faster: this page is no more.
      if (problemOf(error).status === 404) await lookWho();
    }
    setBusy(false);
  };
  return (
    <Frame wide title={t`Set up BanGUI`} lead={t`Make the first account. It is an administrator and can add others.`}>
      <form
        method="post"
        onSubmit={(event) => void submit(event)}
        className="flex flex-col gap-5 rounded-lg border border-line bg-surface p-6 max-md:p-5"
      >
        {fromLink !== '' && !wrongToken ? (
          <p className="flex items-center gap-2 text-sm text-ok">
            <CircleCheck className="size-4 shrink-0" aria-hidden />
            {t`Set-up token taken from the link`}
          </p>
        ) : (
          <TokenField token={token} onToken={setToken} wrong={wrongToken} />
        )}
        <NewUserNameField value={username} onValue={setUsername} autoFocus={fromLink !== ''} autoComplete="username" />
        <NewPasswordField
          label={t`Password`}
          value={password}
          onValue={setPassword}
          username={username.trim()}
          error={problem?.code === 'password_weak' ? `${problem.message} ${problem.mend}` : undefined}
        />
        <PasswordField
          label={t`Password again`}
          autoComplete="new-password"
          required
          value={again}
          onValue={setAgain}
          error={different ? t`The two are not the same.` : undefined}
        />
        <SetUpError problem={problem} />
        <Button look="primary" type="submit" className="h-9 w-full max-md:h-11" disabled={!ready || busy || left > 0}>
          {left > 0 ? t`Try again in ${clockOf(left)}` : busy ? t`Setting up…` : t`Create the account and sign in`}
        </Button>
      </form>
      <PlainHttp />
    </Frame>
  );
}

function TokenField({ token, onToken, wrong }: { token: string; onToken: (next: string) => void; wrong: boolean }) {
  return (
    <Field
      label={t`Set-up token`}
      error={wrong ? t`This is not the token of this console. It is made anew when the data folder is.` : undefined}
      hint={
        <span className="flex flex-col gap-1">
          <span>{t`It proves that this server is yours. The log has it, and so does this command there:`}</span>
          <span className="flex items-center gap-1">
            <code className="rounded border border-line bg-canvas px-2 py-1 font-mono text-sm text-text">{command}</code>
            <CopyButton text={command} label={t`Copy the command`} />
          </span>
        </span>
      }
    >
      <Input
        name="token"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        required
        maxLength={200}
        autoFocus
        className="font-mono"
        value={token}
        onChange={(event) => onToken(event.target.value)}
      />
    </Field>
  );
}

/** What no field is to blame for. */
function SetUpError({ problem }: { problem: Problem | undefined }) {
  if (problem === undefined || ['setup_token_wrong', 'password_weak'].includes(problem.code)) return null;
  return (
    <div role="alert" className="rounded-md bg-danger-soft px-3 py-2 text-sm text-danger wrap-anywhere">
      {problem.message} {problem.mend}
    </div>
  );
}
