import { createFileRoute } from '@tanstack/react-router';
import * as v from 'valibot';
import { FilesPage } from '@/features/recipes/files-page';

const search = v.object({ file: v.optional(v.fallback(v.string(), '')) });

export const Route = createFileRoute('/config/files')({ validateSearch: search, component: Files });

function Files() {
  const { file = '' } = Route.useSearch();
  return <FilesPage file={file} />;
}
