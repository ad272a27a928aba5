import { t } from '@lingui/core/macro';
import { Badge } from './badge';

/** Marks a ban that was given an end of its own. */
export function OwnEnd() {
  return <Badge title={t`Whoever banned it set this end; BanGUI brings it about, whatever the time of the jail.`}>{t`own end`}</Badge>;
}
