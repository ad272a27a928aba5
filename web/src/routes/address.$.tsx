import { createFileRoute } from '@tanstack/react-router';
import { AddressPage } from '@/features/addresses/page';

export const Route = createFileRoute('/address/$')({ component: Address });

function Address() {
  const { _splat = '' } = Route.useParams();
  return <AddressPage address={_splat} key={_splat} />;
}
