import { api, take } from './client';

/** Asks for a run now; whoever leads picks it up within two seconds. */
export async function runJob(name: string): Promise<void> {
  await take(api.POST('/api/v1/jobs/{name}/run', { params: { path: { name } } }));
}

/** Pauses a job, or lets it run again. */
export async function pauseJob(name: string, paused: boolean): Promise<void> {
  await take(api.POST('/api/v1/jobs/{name}/pause', { params: { path: { name } }, body: { paused } }));
}

/** Has the answering console give the background jobs to another one. */
export async function releaseLease(reason: string): Promise<void> {
  await take(api.POST('/api/v1/lease/release', { body: { reason } }));
}

/** Takes the background jobs away from whoever does them. */
export async function stealLease(reason: string): Promise<void> {
  await take(api.POST('/api/v1/lease/steal', { body: { reason } }));
}
