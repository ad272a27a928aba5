import { createFileRoute } from '@tanstack/react-router';
import * as v from 'valibot';
import { logLevels } from '@/api/server';
import { ServerPage } from '@/features/server/page';

const text = v.optional(v.fallback(v.string(), ''));

const search = v.object({
  tab: v.optional(v.fallback(v.picklist(['settings', 'log']), 'settings')),
  level: v.optional(v.fallback(v.picklist(['', ...logLevels]), '')),
  q: text,
  jail: text,
});

export const Route = createFileRoute('/server')({ validateSearch: search, component: Server });

function Server() {
  const { tab = 'settings', level = '', q = '', jail = '' } = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <ServerPage
      tab={tab}
      filter={{ level, text: q, jail }}
      onTab={(next) => navigate({ search: next === 'settings' ? {} : { tab: next } })}
      onFilter={(next) =>
        navigate({
          search: { tab: 'log', level: next.level || undefined, q: next.text || undefined, jail: next.jail || undefined },
          replace: true,
        })
      }
    />
  );
}
