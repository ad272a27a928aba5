import { t } from '@lingui/core/macro';
import { type FormEvent, useState } from 'react';
import type { User } from '@/api/types';
import { visible } from '@/lib/plain';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { NewPasswordField, usable } from '@/ui/password';

interface PasswordDialogProps {
  user: User;
  busy: boolean;
  onClose: () => void;
  onPassword: (password: string) => Promise<boolean>;
}

/** Gives somebody who forgot his password a new one. */
export function PasswordDialog({ user, busy, onClose, onPassword }: PasswordDialogProps) {
  const [password, setPassword] = useState('');
  const ready = usable(password, user.username);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready && !busy) void onPassword(password);
  };
  return (
    <Dialog
      open
      narrow
      onClose={onClose}
      title={t`New password for ${visible(user.username)}`}
      description={t`All sessions of the account end. Tell the password in person, and have it changed.`}
      footer={
        <>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button look="primary" type="submit" form="new-password" disabled={!ready || busy}>
            {t`Set the password`}
          </Button>
        </>
      }
    >
      <form id="new-password" onSubmit={submit}>
        <NewPasswordField label={t`New password`} value={password} onValue={setPassword} username={user.username} suggest autoFocus />
      </form>
    </Dialog>
  );
}
