import { createFileRoute } from '@tanstack/react-router';
import { JailPage } from '@/features/jails/jail-page';

export const Route = createFileRoute('/jails/$jail')({ component: Jail });

function Jail() {
  const { jail } = Route.useParams();
  return <JailPage name={jail} key={jail} />;
}
