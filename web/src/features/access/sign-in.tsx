import { t } from '@lingui/core/macro';
import { type FormEvent, useRef, useState } from 'react';
import { type Ending, signIn } from '@/api/access';
import { problemOf } from '@/lib/problem';
import { Button } from '@/ui/button';
import { Field, Input } from '@/ui/field';
import { PasswordField } from '@/ui/password';
import { clockOf, useCountdown } from './countdown';
import { Frame, Note } from './frame';
import { PlainHttp } from './plain-http';

function endingInWords(ending: Ending): string {
  switch (ending) {
    case 'left':
      return t`You are signed out.`;
    case 'idle':
      return t`Your session ended: nothing was done for a while. Sign in to go on where you were.`;
    case 'age':
      return t`Your session ended: it had reached its greatest age. Sign in to go on where you were.`;
    default:
      return t`Your session was ended elsewhere: signed out in another window, revoked, or the password was changed.`;
  }
}

interface SignInProps {
  ending: Ending | undefined;
  /** Who was signed in here a moment ago; '' = nobody. */
  username: string;
  /** Set-up was asked for by a link, but there is nothing to set up. */
  setUpAlready: boolean;
}

/** The way in. Where one was stays the page's address, so that one is there again afterwards. */
export function SignIn({ ending, username: before, setUpAlready }: SignInProps) {
  const [username, setUsername] = useState(before);
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const { left, startFrom } = useCountdown();
  const field = useRef<HTMLInputElement>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy || left > 0) return;
    setBusy(true);
    setError(undefined);
    try {
      await signIn(username.trim(), password);
    } catch (problem) {
      setError(problem);
      startFrom(problem);
      if (problemOf(problem).code === 'credentials_wrong') setPassword('');
      field.current?.focus();
    }
    setBusy(false);
  };
  return (
    <Frame title={t`Sign in to BanGUI`}>
      {setUpAlready && <Note tone="plain">{t`BanGUI is set up already; the link was for the first account only.`}</Note>}
      {ending !== undefined && <Note tone={ending === 'left' ? 'plain' : 'warn'}>{endingInWords(ending)}</Note>}
      <form
        method="post"
        onSubmit={(event) => void submit(event)}
        className="flex flex-col gap-4 rounded-lg border border-line bg-surface p-6 max-md:p-5"
      >
        <Field label={t`User name`}>
          <Input
            name="username"
            autoComplete="username"
            autoCapitalize="off"
            autoCorrect="off"
            spellCheck={false}
            required
            maxLength={64}
            autoFocus={before === ''}
            value={username}
            onChange={(event) => setUsername(event.target.value)}
          />
        </Field>
        <PasswordField
          ref={field}
          label={t`Password`}
          name="password"
          autoComplete="current-password"
          required
          autoFocus={before !== ''}
          value={password}
          onValue={setPassword}
        />
        <SignInError error={error} left={left} />
        <Button look="primary" type="submit" className="h-9 w-full max-md:h-11" disabled={busy || left > 0}>
          {left > 0 ? t`Try again in ${clockOf(left)}` : busy ? t`Signing in…` : t`Sign in`}
        </Button>
      </form>
      <PlainHttp />
      <Help />
    </Frame>
  );
}

/** The one message for a wrong name and a wrong password; which of them it was is nobody's business. */
function SignInError({ error, left }: { error: unknown; left: number }) {
  if (error === undefined) return null;
  const problem = problemOf(error);
  const throttled = problem.retryAfter > 0;
  if (throttled && left === 0) return null;
  return (
    <div role="alert" className="rounded-md bg-danger-soft px-3 py-2 text-sm text-danger wrap-anywhere">
      {problem.code === 'credentials_wrong' ? (
        t`User name or password is wrong.`
      ) : throttled ? (
        t`Too many attempts. Wait a moment: a guess must cost time. The right password works afterwards.`
      ) : (
        <>
          {problem.message} {problem.mend}
          {problem.requestId !== '' && (
            <span className="block text-xs text-text">
              {t`Request`} <code className="font-mono">{problem.requestId}</code>
            </span>
          )}
        </>
      )}
    </div>
  );
}

function Help() {
  return (
    <details className="px-1 text-center text-sm text-muted">
      <summary className="inline-block rounded px-2 py-1 hover:text-text max-md:min-h-11 max-md:py-3">{t`Password forgotten?`}</summary>
      <p className="pt-1 text-balance">
        {t`An administrator can give you a new one. On the server itself this does it:`}{' '}
        <code className="font-mono text-text">sudo bangui user passwd NAME</code>
      </p>
    </details>
  );
}
