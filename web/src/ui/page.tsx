import { t } from '@lingui/core/macro';
import { type ReactNode, useEffect } from 'react';

interface PageTitleProps {
  title: ReactNode;
  /** What the tab says, where the title is more than text. */
  name?: string;
  count?: ReactNode;
  children?: ReactNode;
}

/** The title line of a page; actions stand at its right. */
export function PageTitle({ title, name, count, children }: PageTitleProps) {
  const tab = name ?? (typeof title === 'string' ? title : t`Page`);
  useEffect(() => {
    document.title = `${tab} · BanGUI`;
  }, [tab]);
  return (
    <div className="flex min-h-16 flex-wrap items-center gap-x-4 gap-y-2 px-6 py-3 max-md:min-h-14 max-md:px-4">
      <h1 className="min-w-0 text-xl font-semibold">{title}</h1>
      {count !== undefined && <span className="text-sm text-muted">{count}</span>}
      <div className="ml-auto flex flex-wrap items-center gap-2">{children}</div>
    </div>
  );
}
