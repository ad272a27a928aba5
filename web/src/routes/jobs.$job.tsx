import { createFileRoute } from '@tanstack/react-router';
import { JobPage } from '@/features/jobs/job-page';

export const Route = createFileRoute('/jobs/$job')({ component: Job });

function Job() {
  const { job } = Route.useParams();
  return <JobPage name={job} key={job} />;
}
