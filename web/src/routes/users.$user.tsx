import { createFileRoute } from '@tanstack/react-router';
import { UserPage } from '@/features/users/user-page';

export const Route = createFileRoute('/users/$user')({ component: User });

function User() {
  const { user } = Route.useParams();
  return <UserPage id={user} key={user} />;
}
