import { createFileRoute } from '@tanstack/react-router';
import { VersionsPage } from '@/features/config/versions-page';

export const Route = createFileRoute('/config/versions')({ component: VersionsPage });
