import { t } from '@lingui/core/macro';
import { TriangleAlert } from 'lucide-react';
import type { ExpressionResult } from '@/api/types';
import { visible } from '@/lib/plain';
import { Card } from '@/ui/card';
import { expressionName, flagInWords } from './words';

/** What a person should know before the expressions are used. */
export function Flags({ result }: { result: ExpressionResult }) {
  const flags = result.flags ?? [];
  if (flags.length === 0) return null;
  return (
    <Card title={t`Before you use it`} flush>
      <ul className="divide-y divide-line">
        {flags.map((flag) => (
          <li key={`${flag.kind} ${flag.of} ${flag.expression}`} className="flex gap-3 px-4 py-3">
            <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
            <div className="flex min-w-0 flex-col gap-1">
              <p className="text-sm">
                <span className="font-medium">{expressionName({ kind: flag.of, index: flag.expression })}.</span> {flagInWords(flag)}
              </p>
              {flag.example !== null && (
                <p className="font-mono text-xs leading-5 text-muted wrap-anywhere whitespace-pre-wrap">
                  {visible(flag.example)
                    .split(made)
                    .flatMap((text, index) =>
                      index === 0
                        ? [text]
                        : [
                            // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a line never change
                            <mark key={index} className="rounded-sm bg-warn-soft font-semibold text-warn">
                              {made}
                            </mark>,
                            text,
                          ],
                    )}
                </p>
              )}
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** The address that the server makes up. */
const made = '192.0.2.66';
