import { t } from '@lingui/core/macro';
import type { ReactNode } from 'react';
import { isUserName } from '../lib/username';
import { Field, Input } from './field';

interface NewUserNameProps {
  value: string;
  onValue: (next: string) => void;
  error?: ReactNode;
  autoFocus?: boolean;
  /** "username" where the account is one's own, so that a password manager keeps it. */
  autoComplete: 'username' | 'off';
}

/** A field for the name of a new account, with what may stand in it. */
export function NewUserNameField({ value, onValue, error, autoFocus, autoComplete }: NewUserNameProps) {
  const wrong = value.trim() !== '' && !isUserName(value);
  const rule = t`Letters a–z, digits, and . _ @ - after the first; capitals become small.`;
  return (
    <Field label={t`User name`} hint={wrong ? undefined : rule} error={wrong ? rule : error}>
      <Input
        name="username"
        autoComplete={autoComplete}
        autoCapitalize="off"
        autoCorrect="off"
        spellCheck={false}
        required
        maxLength={64}
        autoFocus={autoFocus}
        value={value}
        onChange={(event) => onValue(event.target.value)}
      />
    </Field>
  );
}
