import { createFileRoute } from '@tanstack/react-router';
import { JailsPage } from '@/features/jails/page';

export const Route = createFileRoute('/jails/')({ component: JailsPage });
