import { createRootRoute } from '@tanstack/react-router';
import { takeSetupToken } from '@/lib/setup-link';
import { Gate } from '@/shell/gate';
import { NotFound } from '@/shell/not-found';
import { PageError } from '@/shell/page-error';

// Before anything else can see the address.
const setupToken = takeSetupToken();

export const Route = createRootRoute({ component: Root, notFoundComponent: NotFound, errorComponent: PageError });

function Root() {
  return <Gate setupToken={setupToken} />;
}
