import { t } from '@lingui/core/macro';
import { visible } from '../lib/plain';
import { classes } from './classes';

/** What a line of a unified diff is. */
export function lineKind(line: string): 'added' | 'removed' | 'place' | 'same' {
  if (line.startsWith('@@') || line.startsWith('+++') || line.startsWith('---')) return 'place';
  if (line.startsWith('+')) return 'added';
  return line.startsWith('-') ? 'removed' : 'same';
}

const looks = {
  added: 'bg-ok-soft text-ok',
  removed: 'bg-danger-soft text-danger',
  place: 'text-muted',
  same: '',
};

/** A unified diff; plus and minus stand at the line, so colour is not all. */
export function Diff({ text }: { text: string }) {
  return (
    <section
      aria-label={t`What changes`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
      tabIndex={0}
      className="overflow-x-auto rounded-md border border-line bg-canvas py-1 font-mono text-xs leading-5"
    >
      {text
        .replace(/\n$/, '')
        .split('\n')
        .map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines of a text have no other name
          <div key={index} className={classes('min-w-max px-3 whitespace-pre', looks[lineKind(line)])}>
            {visible(line) || ' '}
          </div>
        ))}
    </section>
  );
}
