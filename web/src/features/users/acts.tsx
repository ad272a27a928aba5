import { t } from '@lingui/core/macro';
import { useQueryClient } from '@tanstack/react-query';
import { KeyRound, Trash2, UserCheck, UserCog, UserX } from 'lucide-react';
import { useState } from 'react';
import { useSession } from '@/api/access';
import { changeUser, deleteUser, type UserChange } from '@/api/accounts';
import type { User } from '@/api/types';
import { roleInWords } from '@/api/words';
import { visible } from '@/lib/plain';
import { Confirm } from '@/ui/dialog';
import type { MenuEntry } from '@/ui/menu';
import { tell, tellProblem } from '@/ui/toast';
import { PasswordDialog } from './password-dialog';
import { RoleDialog } from './role-dialog';

type Asked = { kind: 'role' | 'password' | 'disable' | 'delete'; user: User };

/** Whether nobody could administer any more without this one. */
export function isLastAdmin(user: User, users: readonly User[]): boolean {
  if (user.role !== 'admin' || user.disabled) return false;
  return !users.some((other) => other.id !== user.id && other.role === 'admin' && !other.disabled);
}

function doneInWords(user: User, change: UserChange): string {
  const name = visible(user.username);
  if (change.role !== undefined) return t`${name} is now: ${roleInWords(change.role)}`;
  if (change.password !== undefined) return t`${name} has a new password and is signed out everywhere`;
  return change.disabled ? t`${name} is disabled and signed out everywhere` : t`${name} may sign in again`;
}

/** What can be done with a user, with a question first where it shuts somebody out. */
export function useUserActs(users: readonly User[], onDeleted?: () => void) {
  const client = useQueryClient();
  const own = useSession()?.user.id;
  const [asked, setAsked] = useState<Asked>();
  const [busy, setBusy] = useState(false);
  const run = async (deed: () => Promise<unknown>, done: string, failed: string): Promise<boolean> => {
    setBusy(true);
    try {
      await deed();
      tell({ title: done });
      setAsked(undefined);
      return true;
    } catch (error) {
      tellProblem(failed, error);
      return false;
    } finally {
      setBusy(false);
      for (const key of ['users', 'user', 'sessions', 'tokens']) void client.invalidateQueries({ queryKey: [key] });
    }
  };
  const change = (user: User, what: UserChange) =>
    run(() => changeUser(user.id, what), doneInWords(user, what), t`${visible(user.username)} was not changed`);
  const remove = async (user: User) => {
    const name = visible(user.username);
    if (await run(() => deleteUser(user.id), t`${name} deleted`, t`${name} was not deleted`)) onDeleted?.();
  };
  const entries = (user: User): MenuEntry[] =>
    userEntries({
      user,
      last: isLastAdmin(user, users),
      own: user.id === own,
      ask: (kind) => setAsked({ kind, user }),
      enable: () => void change(user, { disabled: false }),
    });
  const close = () => setAsked(undefined);
  const dialog = asked && <Asking asked={asked} busy={busy} onClose={close} onChange={change} onDelete={remove} />;
  return { entries, dialog };
}

interface EntriesProps {
  user: User;
  last: boolean;
  own: boolean;
  ask: (kind: Asked['kind']) => void;
  enable: () => void;
}

function userEntries({ user, last, own, ask, enable }: EntriesProps): MenuEntry[] {
  const why = last ? t`The last administrator` : own ? t`Not your own account` : undefined;
  const kept = why === undefined ? {} : { disabled: true, note: why };
  return [
    {
      label: t`Change role…`,
      icon: <UserCog aria-hidden />,
      onSelect: () => ask('role'),
      ...(last ? { disabled: true, note: t`The last administrator` } : {}),
    },
    ...(own ? [] : [{ label: t`New password…`, icon: <KeyRound aria-hidden />, onSelect: () => ask('password') }]),
    user.disabled
      ? { label: t`Enable`, icon: <UserCheck aria-hidden />, apart: true, onSelect: enable }
      : { label: t`Disable…`, icon: <UserX aria-hidden />, apart: true, onSelect: () => ask('disable'), ...kept },
    { label: t`Delete…`, icon: <Trash2 aria-hidden />, danger: true, onSelect: () => ask('delete'), ...kept },
  ];
}

interface AskingProps {
  asked: Asked;
  busy: boolean;
  onClose: () => void;
  onChange: (user: User, what: UserChange) => Promise<boolean>;
  onDelete: (user: User) => Promise<void>;
}

function Asking({ asked: { kind, user }, busy, onClose, onChange, onDelete }: AskingProps) {
  const name = visible(user.username);
  switch (kind) {
    case 'role':
      return <RoleDialog user={user} busy={busy} onClose={onClose} onRole={(role) => void onChange(user, { role })} />;
    case 'password':
      return <PasswordDialog user={user} busy={busy} onClose={onClose} onPassword={(password) => onChange(user, { password })} />;
    case 'disable':
      return (
        <Confirm
          open
          busy={busy}
          onCancel={onClose}
          onConfirm={() => void onChange(user, { disabled: true })}
          title={t`Disable ${name}?`}
          verb={t`Disable`}
        >
          <p>{t`All sessions end at once and the API tokens stop working. The account stays and can be enabled again.`}</p>
        </Confirm>
      );
    default:
      return (
        <Confirm
          open
          danger
          busy={busy}
          onCancel={onClose}
          onConfirm={() => void onDelete(user)}
          title={t`Delete ${name}?`}
          verb={t`Delete ${name}`}
        >
          <p>{t`Sessions and API tokens end with the account; this can't be undone. What ${name} did stays in the audit log. To shut somebody out for a while, disable the account instead.`}</p>
        </Confirm>
      );
  }
}
