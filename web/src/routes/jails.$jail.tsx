import { createFileRoute } from '@tanstack/react-router';
import * as v from 'valibot';
import { JailPage } from '@/features/jails/jail-page';

const search = v.object({ tab: v.optional(v.fallback(v.picklist(['settings', 'logs', 'backtest']), 'settings')) });

export const Route = createFileRoute('/jails/$jail')({ validateSearch: search, component: Jail });

function Jail() {
  const { jail } = Route.useParams();
  const { tab } = Route.useSearch();
  return <JailPage name={jail} tab={tab ?? 'activity'} key={jail} />;
}
