import { t } from '@lingui/core/macro';
import type { ExpressionResult, ExpressionSeen } from '@/api/types';
import { visible } from '@/lib/plain';
import { number } from '@/lib/time';
import { Card } from '@/ui/card';
import { expressionName, processorTime } from './words';

/** How often each expression matched, and how long it took. */
export function Expressions({ result }: { result: ExpressionResult }) {
  const all = (result.expressions ?? []).filter(({ kind, text, hits, fault, stopped_at }) => {
    return kind !== 'date' || text !== '' || hits > 0 || fault !== null || stopped_at !== null;
  });
  return (
    <Card title={t`Expressions`} flush aside={<span className="px-2 text-xs text-muted">fail2ban {visible(result.version)}</span>}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
      <section className="max-h-96 overflow-auto" tabIndex={0} aria-label={t`Expressions`}>
        <table className="w-full text-left text-sm">
          <thead className="sticky top-0 bg-canvas text-xs text-muted">
            <tr>
              <th className="px-4 py-1.5 font-medium">{t`Expression`}</th>
              <th className="px-4 py-1.5 text-right font-medium">{t`Lines`}</th>
              <th className="px-4 py-1.5 text-right font-medium">{t`Time`}</th>
            </tr>
          </thead>
          <tbody className="divide-y divide-line align-top">
            {all.map((one) => (
              <Row key={`${one.kind} ${one.index}`} one={one} />
            ))}
          </tbody>
        </table>
      </section>
    </Card>
  );
}

function Row({ one }: { one: ExpressionSeen }) {
  const { kind, text, hits, microseconds, slowest_microseconds, slowest_line, stopped_at, fault } = one;
  return (
    <tr className={hits === 0 && fault === null && stopped_at === null ? 'text-muted' : undefined}>
      <td className="px-4 py-1.5">
        <p className="text-xs text-muted">{expressionName(one)}</p>
        <p className="font-mono text-xs leading-5 wrap-anywhere">
          {text === '' && kind === 'date' ? t`fail2ban's own patterns` : visible(text)}
        </p>
        {fault !== null && <p className="text-sm text-danger wrap-anywhere">{t`It can't be used: ${visible(fault)}`}</p>}
        {stopped_at !== null && (
          <p className="text-sm text-danger">{t`It took too long on line ${stopped_at} and was stopped: fail2ban would hang on such a line.`}</p>
        )}
      </td>
      <td className="px-4 py-1.5 text-right tabular-nums">{number(hits)}</td>
      <td
        className="px-4 py-1.5 text-right whitespace-nowrap tabular-nums"
        title={slowest_line === null ? undefined : t`At most ${processorTime(slowest_microseconds)}, on line ${slowest_line}`}
      >
        {processorTime(microseconds)}
      </td>
    </tr>
  );
}
