import { t } from '@lingui/core/macro';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { configJailQuery, configQuery } from '@/api/config';
import { askForEdits } from '@/api/config-review';
import type { ConfigJail } from '@/api/types';
import { visible } from '@/lib/plain';
import { tellProblem } from '@/ui/toast';
import { enabling, withdrawing } from './settings';

/** Makes jails active or inactive, or takes one of ours away; each after a look at what it does. */
export function useActivation() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const renew = () => {
    for (const queryKey of [configQuery.queryKey, ['config-jail'] as const]) void client.invalidateQueries({ queryKey });
  };
  const activate = async (name: string, active: boolean): Promise<void> => {
    try {
      // Asked for now: the change is made from what is there now.
      const { etag } = await client.fetchQuery({ ...configJailQuery(name), staleTime: 0 });
      const shown = visible(name);
      askForEdits(etag, enabling(name, active), { title: active ? t`Activate ${shown}` : t`Deactivate ${shown}`, onConflict: renew });
    } catch (error) {
      tellProblem(t`The configuration can't be read`, error);
    }
  };
  const remove = (jail: ConfigJail): void =>
    askForEdits(jail.etag, withdrawing(jail), {
      title: t`Delete the jail ${visible(jail.name)}`,
      onConflict: renew,
      onApplied: () => void navigate({ to: '/jails' }),
    });
  return { activate: (name: string, active: boolean) => void activate(name, active), remove };
}
