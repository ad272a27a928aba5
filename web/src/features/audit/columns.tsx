import { t } from '@lingui/core/macro';
import type { AuditEntry } from '@/api/types';
import { visible } from '@/lib/plain';
import { number } from '@/lib/time';
import type { Column } from '@/ui/grid/row';
import { When } from '@/ui/when';
import { Actor, actionInWords, OutcomeBadge } from './words';

function Deed({ entry: { action, count } }: { entry: AuditEntry }) {
  return (
    <span title={visible(action)}>
      {actionInWords(action)}
      {count > 1 && <span className="text-muted"> ×{number(count)}</span>}
    </span>
  );
}

/** The columns of the audit log. */
export function auditColumns(): Column<AuditEntry>[] {
  return [
    {
      id: 'at',
      header: t`When`,
      width: '104px',
      cell: ({ at }) => (
        <span className="text-muted">
          <When at={at} as="clock" />
        </span>
      ),
    },
    { id: 'actor', header: t`Who`, width: 'minmax(150px, 1.1fr)', cell: (entry) => <Actor entry={entry} /> },
    { id: 'action', header: t`What`, width: 'minmax(130px, 0.9fr)', cell: (entry) => <Deed entry={entry} /> },
    {
      id: 'target',
      header: t`On what`,
      width: 'minmax(140px, 1.4fr)',
      cell: ({ target }) => <span title={visible(target ?? '')}>{visible(target ?? '') || '–'}</span>,
    },
    { id: 'outcome', header: t`Outcome`, width: '96px', cell: ({ outcome }) => <OutcomeBadge outcome={outcome} /> },
    {
      id: 'address',
      header: t`From`,
      width: 'minmax(110px, 0.8fr)',
      cell: ({ address }) => <span className="font-mono text-muted">{visible(address ?? '') || '–'}</span>,
    },
  ];
}

/** On phones an entry is a card of two lines. */
export function auditCard(): Column<AuditEntry>[] {
  return [
    {
      id: 'card',
      header: t`Audit log`,
      width: 'minmax(0, 1fr)',
      cell: (entry) => (
        <div className="flex flex-col gap-0.5">
          <div className="flex items-center justify-between gap-2">
            <span className="min-w-0 truncate text-sm">
              <Deed entry={entry} /> <span className="text-muted">{visible(entry.target ?? '')}</span>
            </span>
            <OutcomeBadge outcome={entry.outcome} />
          </div>
          <div className="flex justify-between gap-2 text-xs text-muted">
            <span className="min-w-0 truncate">
              {t({ message: 'by', context: 'before who did it' })} <Actor entry={entry} />
            </span>
            <When at={entry.at} as="clock" />
          </div>
        </div>
      ),
    },
  ];
}
