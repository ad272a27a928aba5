import { visible } from '../lib/plain';
import { classes } from './classes';

interface Named {
  text: string;
  link: string | null;
}

/** One that wants to be named, with a link where it wants one. */
export function Credit({ credit }: { credit: Named }) {
  const text = visible(credit.text);
  if (credit.link === null || !credit.link.startsWith('https://')) return <span>{text}</span>;
  return (
    <a
      href={credit.link}
      target="_blank"
      rel="noreferrer"
      className="inline-block min-h-6 min-w-6 underline underline-offset-2 hover:text-accent"
    >
      {text}
    </a>
  );
}

const oneLine = 'overflow-x-auto overflow-y-hidden whitespace-nowrap [scrollbar-width:none]';

/**
 * Whose data is shown here, each once. Where it breaks, a finger still hits one
 * link and not two; under a list that needs the height it is one line, which
 * moves sideways where the window is too narrow for it.
 */
export function Credits({ credits, low = false }: { credits: readonly Named[]; low?: boolean }) {
  const once = [...new Map(credits.map((credit) => [credit.text, credit])).values()];
  return (
    <ul className={classes('flex gap-x-3 gap-y-1 text-xs leading-6 text-muted', low ? oneLine : 'flex-wrap')}>
      {once.map((credit) => (
        <li key={credit.text} className="flex">
          <Credit credit={credit} />
        </li>
      ))}
    </ul>
  );
}
