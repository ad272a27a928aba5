import { plural, t } from '@lingui/core/macro';
import { Copy, ShieldOff, X } from 'lucide-react';
import type { Ban } from '@/api/types';
import { Button, IconButton } from '@/ui/button';

interface BulkBarProps {
  chosen: Ban[];
  /** Left out where one's role doesn't lift bans. */
  onUnban: (() => void) | undefined;
  onCopy: () => void;
  onClear: () => void;
}

/** What can be done with the chosen bans; at the bottom, over no row that has the focus. */
export function BulkBar({ chosen, onUnban, onCopy, onClear }: BulkBarProps) {
  if (chosen.length === 0) return null;
  return (
    <div
      role="toolbar"
      aria-label={t`Chosen bans`}
      className="flex items-center gap-2 border-t border-line bg-accent-soft px-4 py-2 text-accent-text"
    >
      <span className="mr-auto text-sm font-medium" role="status">
        {plural(chosen.length, { one: '# chosen', other: '# chosen' })}
      </span>
      {onUnban !== undefined && (
        <Button size="small" look="primary" onClick={onUnban}>
          <ShieldOff aria-hidden />
          {t`Unban`}
        </Button>
      )}
      <Button size="small" onClick={onCopy}>
        <Copy aria-hidden />
        {t`Copy`}
      </Button>
      <IconButton label={t`Clear selection`} keys="Esc" onClick={onClear}>
        <X aria-hidden />
      </IconButton>
    </div>
  );
}
