import { t } from '@lingui/core/macro';
import { Download } from 'lucide-react';
import { Button } from './button';
import { Menu } from './menu';
import { tell, tellProblem } from './toast';

export type ExportFormat = 'csv' | 'ndjson';

interface ExportMenuProps {
  /** The file's name without what it ends in. */
  name: string;
  load: (format: ExportFormat) => Promise<Blob>;
}

/** Gives all that a list's filter lets through to the reader as a file. */
export function ExportMenu({ name, load }: ExportMenuProps) {
  return (
    <Menu
      trigger={
        <Button>
          <Download aria-hidden />
          {t`Export`}
        </Button>
      }
      entries={[
        { label: t`As CSV`, onSelect: () => void save(name, load, 'csv') },
        { label: t`As NDJSON`, onSelect: () => void save(name, load, 'ndjson') },
      ]}
    />
  );
}

async function save(name: string, load: ExportMenuProps['load'], format: ExportFormat): Promise<void> {
  try {
    const file = URL.createObjectURL(await load(format));
    const link = document.createElement('a');
    link.href = file;
    link.download = `${name}.${format}`;
    link.click();
    // The browser has begun by then; held for ever it would fill the memory.
    setTimeout(() => URL.revokeObjectURL(file), 60_000);
    tell({ title: t`Exported` });
  } catch (error) {
    tellProblem(t`Export failed`, error);
  }
}
