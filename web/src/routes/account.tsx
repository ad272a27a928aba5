import { createFileRoute } from '@tanstack/react-router';
import { AccountPage } from '@/features/users/account-page';

export const Route = createFileRoute('/account')({ component: AccountPage });
