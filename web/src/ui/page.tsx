import { t } from '@lingui/core/macro';
import { type ReactNode, useEffect } from 'react';
import { classes } from './classes';

const widths = { text: 'max-w-[1200px]', page: 'max-w-[1600px]' };

interface PageTitleProps {
  title: ReactNode;
  /** What the tab says, where the title is more than text. */
  name?: string;
  count?: ReactNode;
  /** How wide the content under it gets: its right edge is where the actions end. Without it, the whole window. */
  width?: keyof typeof widths;
  children?: ReactNode;
}

/** The title line of a page; actions stand at its right. */
export function PageTitle({ title, name, count, width, children }: PageTitleProps) {
  const tab = name ?? (typeof title === 'string' ? title : t`Page`);
  useEffect(() => {
    document.title = `${tab} · BanGUI`;
  }, [tab]);
  return (
    <div
      className={classes(
        'flex min-h-16 flex-wrap items-center gap-x-4 gap-y-2 px-6 py-3 max-md:min-h-14 max-md:px-4',
        width !== undefined && widths[width],
      )}
    >
      <h1 className="min-w-0 text-xl font-semibold">{title}</h1>
      {count !== undefined && <span className="text-sm text-muted">{count}</span>}
      <div className="ml-auto flex flex-wrap items-center gap-2">{children}</div>
    </div>
  );
}
