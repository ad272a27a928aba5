import { t } from '@lingui/core/macro';
import { Eye, EyeOff } from 'lucide-react';
import { type ComponentProps, type KeyboardEvent, type ReactNode, useState } from 'react';
import { longest, type Strength, shortest, strengthOf, suggestPassword } from '../lib/password';
import { IconButton } from './button';
import { classes } from './classes';
import { CopyButton } from './copy';
import { Field, Input } from './field';

interface PasswordProps extends Omit<ComponentProps<'input'>, 'type' | 'value' | 'onChange'> {
  label: string;
  value: string;
  onValue: (next: string) => void;
  hint?: ReactNode;
  error?: ReactNode;
  /** Shown from the start: for one that was suggested. */
  shown?: boolean;
}

/** A field for a password: can be looked at, says when Caps Lock is on, takes what is pasted. */
export function PasswordField({ label, value, onValue, hint, error, shown: initial = false, ...rest }: PasswordProps) {
  const [shown, setShown] = useState(initial);
  const [caps, setCaps] = useState(false);
  const watch = (event: KeyboardEvent) => setCaps(event.getModifierState('CapsLock'));
  return (
    <Field label={label} error={error} hint={caps ? <span className="text-warn">{t`Caps Lock is on.`}</span> : hint}>
      <span className="relative flex">
        <Input
          {...rest}
          type={shown ? 'text' : 'password'}
          value={value}
          autoCapitalize="off"
          autoCorrect="off"
          spellCheck={false}
          maxLength={longest * 4}
          onChange={(event) => onValue(event.target.value)}
          onKeyDown={watch}
          onKeyUp={watch}
          onBlur={() => setCaps(false)}
          className={classes('pr-10', shown && 'font-mono')}
        />
        <span className="absolute inset-y-0 right-0 flex items-center">
          <IconButton label={shown ? t`Hide the password` : t`Show the password`} aria-pressed={shown} onClick={() => setShown(!shown)}>
            {shown ? <EyeOff aria-hidden /> : <Eye aria-hidden />}
          </IconButton>
        </span>
      </span>
    </Field>
  );
}

const meter: Record<Strength, { share: number; look: string }> = {
  none: { share: 0, look: '' },
  short: { share: 0.2, look: 'bg-danger-solid' },
  long: { share: 1, look: 'bg-danger-solid' },
  named: { share: 0.2, look: 'bg-danger-solid' },
  same: { share: 0.1, look: 'bg-danger-solid' },
  plain: { share: 0.3, look: 'bg-warn' },
  fair: { share: 0.65, look: 'bg-series-1' },
  good: { share: 1, look: 'bg-ok' },
};

function strengthInWords(strength: Strength, length: number): string {
  switch (strength) {
    case 'none':
      return t`At least ${shortest} characters; a few words in a row are fine. Not the user name, nothing commonly used.`;
    case 'short':
      return t`${length} of at least ${shortest} characters`;
    case 'long':
      return t`At most ${longest} characters.`;
    case 'named':
      return t`It must be more than the user name.`;
    case 'same':
      return t`It is one character again and again.`;
    case 'plain':
      return t`Long enough, but easily guessed: use more different characters.`;
    case 'fair':
      return t`Good enough. Longer is better.`;
    default:
      return t`Strong`;
  }
}

/** Whether a new password can be sent at all. */
export function usable(password: string, username: string): boolean {
  return ['plain', 'fair', 'good'].includes(strengthOf(password, username));
}

interface NewPasswordProps {
  label: string;
  value: string;
  onValue: (next: string) => void;
  username: string;
  error?: ReactNode;
  autoFocus?: boolean;
  /** Offers one at random: for a password that somebody else will be told. */
  suggest?: boolean;
}

/** A field for a new password, with what is wanted of it said beforehand and measured while it is typed. */
export function NewPasswordField({ label, value, onValue, username, error, autoFocus, suggest }: NewPasswordProps) {
  const [suggested, setSuggested] = useState(false);
  const strength = strengthOf(value, username);
  const { share, look } = meter[strength];
  return (
    <div className="flex flex-col gap-1.5">
      <PasswordField
        key={suggested ? 'suggested' : 'typed'}
        label={label}
        value={value}
        onValue={onValue}
        error={error}
        autoFocus={autoFocus}
        autoComplete="new-password"
        shown={suggested}
        required
        hint={
          <span className="flex flex-col gap-1.5">
            <span className="h-1 overflow-hidden rounded-full bg-hover" aria-hidden>
              <span className={classes('block h-full rounded-full transition-[width]', look)} style={{ width: `${100 * share}%` }} />
            </span>
            <span role="status">{strengthInWords(strength, [...value].length)}</span>
          </span>
        }
      />
      {suggest && (
        <span className="flex min-h-8 items-center gap-1 text-sm">
          <button
            type="button"
            className="rounded text-accent hover:underline"
            onClick={() => {
              setSuggested(true);
              onValue(suggestPassword());
            }}
          >
            {t`Suggest one`}
          </button>
          {suggested && value !== '' && <CopyButton text={value} label={t`Copy the password`} />}
        </span>
      )}
    </div>
  );
}
