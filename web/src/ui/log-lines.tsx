import { plural, t } from '@lingui/core/macro';
import { useState } from 'react';
import { clip, visible } from '../lib/plain';
import { number } from '../lib/time';
import { Button } from './button';

const longest = 600;
const shownLines = 8;

/** Log lines, written by attackers: plain text, nothing in it is a link. */
export function LogLines({ lines }: { lines: readonly string[] }) {
  const [all, setAll] = useState(false);
  const rest = lines.length - shownLines;
  return (
    <>
      <ol className="flex flex-col overflow-hidden rounded-md border border-line bg-canvas py-1">
        {(all ? lines : lines.slice(0, shownLines)).map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: equal lines are common, and the list never changes
          <LogLine key={index} line={line} />
        ))}
      </ol>
      {rest > 0 && !all && (
        <Button size="small" className="self-start" onClick={() => setAll(true)}>
          {plural(rest, { one: 'Show # more line', other: 'Show # more lines' })}
        </Button>
      )}
    </>
  );
}

function LogLine({ line }: { line: string }) {
  const [whole, setWhole] = useState(false);
  const { text, cut } = whole ? { text: line, cut: 0 } : clip(line, longest);
  return (
    <li className="px-3 py-0.5 font-mono text-xs leading-5 wrap-anywhere whitespace-pre-wrap">
      {visible(text)}
      {cut > 0 && (
        <Button size="small" look="quiet" onClick={() => setWhole(true)}>
          {t`… ${number(cut)} more characters`}
        </Button>
      )}
    </li>
  );
}
