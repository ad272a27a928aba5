import { t } from '@lingui/core/macro';
import { X } from 'lucide-react';
import { classes } from './classes';

/** One thing that a list or a page is narrowed to, or without; pressing it takes it away. */
export function FilterChip({ text, without, onRemove }: { text: string; without?: boolean; onRemove: () => void }) {
  return (
    <button
      type="button"
      onClick={onRemove}
      aria-label={t`Remove filter: ${text}`}
      className={classes(
        'inline-flex h-7 max-w-full items-center gap-1 rounded-full border border-transparent pr-1.5 pl-2.5 text-xs font-medium max-md:h-11 max-md:px-3.5',
        without ? 'bg-warn-soft text-warn' : 'bg-accent-soft text-accent-text',
      )}
    >
      <span className="truncate">{text}</span>
      <X className="size-3.5 shrink-0" aria-hidden />
    </button>
  );
}
