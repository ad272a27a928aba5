import { t } from '@lingui/core/macro';
import { useNavigate } from '@tanstack/react-router';
import { Ban as BanIcon, Copy, FileSearch, ShieldOff } from 'lucide-react';
import { useMay } from '@/api/access';
import type { Ban } from '@/api/types';
import { ask } from '@/lib/requests';
import { copyText } from '@/ui/copy';
import { type MenuEntry, SharedMenu } from '@/ui/menu';

/** The row whose menu is open, and the button it opened at. */
export interface BanMenuAt {
  ban: Ban;
  anchor: HTMLElement;
}

/** What can be done with one ban. */
export function BanMenu({ at, onClose, onUnban }: { at: BanMenuAt | undefined; onClose: () => void; onUnban: (ban: Ban) => void }) {
  const navigate = useNavigate();
  const mayBan = useMay('ban');
  const entries = (ban: Ban): MenuEntry[] => [
    {
      label: t`Why is it banned?`,
      icon: <FileSearch aria-hidden />,
      onSelect: () => void navigate({ to: '/address/$', params: { _splat: ban.address } }),
    },
    { label: t`Copy address`, icon: <Copy aria-hidden />, onSelect: () => void copyText(ban.address) },
    ...(mayBan ? [change(ban)] : []),
  ];
  const change = (ban: Ban): MenuEntry =>
    ban.ended_at === null
      ? { label: t`Unban`, icon: <ShieldOff aria-hidden />, apart: true, onSelect: () => onUnban(ban) }
      : { label: t`Ban again`, icon: <BanIcon aria-hidden />, apart: true, onSelect: () => ask('ban', { addresses: [ban.address] }) };
  return <SharedMenu anchor={at?.anchor ?? null} entries={at === undefined ? [] : entries(at.ban)} onClose={onClose} />;
}
