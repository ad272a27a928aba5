import { t } from '@lingui/core/macro';
import type { ReactNode } from 'react';
import type { AuditEntry } from '@/api/types';
import { visible } from '@/lib/plain';
import { fullTime, number } from '@/lib/time';
import { Dialog } from '@/ui/dialog';
import { Facts } from '@/ui/facts';
import { type Changed, changedBetween } from './changed';
import { Actor, actionInWords, OutcomeBadge } from './words';

/** One entry of the audit log with all that it holds. */
export function AuditDetail({ entry, onClose }: { entry: AuditEntry; onClose: () => void }) {
  const mono = (text: string) => <span className="font-mono">{visible(text)}</span>;
  const facts: [string, ReactNode][] = [
    [t`When`, fullTime(entry.at)],
    [t`Who`, <Actor key="who" entry={entry} />],
    [t`From`, entry.address === null || entry.address === '' ? '–' : mono(entry.address)],
    [
      t`What`,
      <span key="what">
        {actionInWords(entry.action)} <code className="font-mono text-muted">{visible(entry.action)}</code>
      </span>,
    ],
    [t`On what`, entry.target === null || entry.target === '' ? '–' : visible(entry.target)],
    [t`Outcome`, <OutcomeBadge key="outcome" outcome={entry.outcome} />],
  ];
  if (entry.count > 1) facts.push([t`How often`, t`${number(entry.count)} times within a minute`]);
  if (entry.outcome === 'begun')
    facts.push([t`What that means`, t`It was tried, and nobody knows how it ended: BanGUI stopped meanwhile.`]);
  if (entry.detail) facts.push([t`Detail`, visible(entry.detail)]);
  if (entry.code) facts.push([t`Code`, mono(entry.code)]);
  if (entry.request_id) facts.push([t`Request`, mono(entry.request_id)]);
  return (
    <Dialog open wide onClose={onClose} title={t`Entry ${entry.id}`}>
      <div className="flex flex-col gap-5">
        <Facts facts={facts} />
        <Changes entry={entry} />
      </div>
    </Dialog>
  );
}

function Changes({ entry }: { entry: AuditEntry }) {
  const changes = changedBetween(entry.before, entry.after);
  if (changes.length === 0) return null;
  if (changes.every(({ name }) => name === '')) return <Plain changes={changes} />;
  return (
    <section aria-label={t`What changed`} className="overflow-x-auto rounded-md border border-line">
      <table className="w-full text-left text-sm">
        <thead className="bg-canvas text-xs text-muted">
          <tr>
            <th className="px-3 py-1.5 font-medium">{t`What changed`}</th>
            <th className="px-3 py-1.5 font-medium">{t`Before`}</th>
            <th className="px-3 py-1.5 font-medium">{t`After`}</th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line align-top">
          {changes.map(({ name, before, after }) => (
            <tr key={name}>
              <th className="px-3 py-1.5 font-mono font-normal wrap-anywhere">{visible(name) || '–'}</th>
              <td className="px-3 py-1.5 font-mono wrap-anywhere text-danger">{before === undefined ? '–' : visible(before)}</td>
              <td className="px-3 py-1.5 font-mono wrap-anywhere text-ok">{after === undefined ? '–' : visible(after)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Before and after as sentences. */
function Plain({ changes: [change] }: { changes: Changed[] }) {
  if (change === undefined) return null;
  const { before, after } = change;
  return (
    <div className="rounded-md border border-line bg-canvas p-3">
      <Facts
        facts={[
          ...(before === undefined ? [] : [[t`Before`, visible(before)] as [string, ReactNode]]),
          ...(after === undefined ? [] : [[t`After`, visible(after)] as [string, ReactNode]]),
        ]}
      />
    </div>
  );
}
