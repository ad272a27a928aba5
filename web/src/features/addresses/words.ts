import { t } from '@lingui/core/macro';
import type { Ban, Timeline } from '@/api/types';
import { visible } from '@/lib/plain';
import { duration, number } from '@/lib/time';

/** How an address comes back; '' where it was banned too rarely to say. */
export function patternInWords({ usual_seconds, steady }: Timeline['pattern']): string {
  if (usual_seconds === null) return '';
  const pause = duration(usual_seconds);
  return steady ? t`Comes back steadily, about ${pause} after its last ban began.` : t`Comes back, half of the times within ${pause}.`;
}

/** Who banned, after what, and why where somebody said so. */
export function causeInWords({ origin, actor, reason, failures, ban_count }: Ban): string {
  const who = origin === 'fail2ban' ? t`by fail2ban` : actor === null ? t`by hand` : t`by ${visible(actor)}`;
  return [
    failures === null || failures === 0 ? who : t`${who} after ${number(failures)} failures`,
    ban_count !== null && ban_count > 1 && t`ban no. ${number(ban_count)}`,
    reason !== null && `“${visible(reason)}”`,
  ]
    .filter(Boolean)
    .join(' · ');
}
