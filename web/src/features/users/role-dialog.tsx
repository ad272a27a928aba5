import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { Role, User } from '@/api/types';
import { visible } from '@/lib/plain';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Pick } from '@/ui/pick';
import { roleChoices } from './roles';

interface RoleDialogProps {
  user: User;
  busy: boolean;
  onClose: () => void;
  onRole: (role: Role) => void;
}

/** Gives a user another role. */
export function RoleDialog({ user, busy, onClose, onRole }: RoleDialogProps) {
  const [role, setRole] = useState(user.role);
  return (
    <Dialog
      open
      narrow
      onClose={onClose}
      title={t`Role of ${visible(user.username)}`}
      footer={
        <>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button look="primary" disabled={busy || role === user.role} onClick={() => onRole(role)}>
            {t`Change role`}
          </Button>
        </>
      }
    >
      <Pick legend={t`Role`} name="role" choices={roleChoices()} value={role} onPick={setRole} />
    </Dialog>
  );
}
