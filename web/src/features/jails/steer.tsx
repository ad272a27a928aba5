import { plural, t } from '@lingui/core/macro';
import { useQueryClient } from '@tanstack/react-query';
import { Ban, Pause, Play, PowerOff, RefreshCw, RotateCcw, Square } from 'lucide-react';
import { useState } from 'react';
import { type JailVerb, reloadHost, steerJail } from '@/api/changes';
import { hostQuery, jailsQuery } from '@/api/queries';
import type { Jail } from '@/api/types';
import { visible } from '@/lib/plain';
import { ask } from '@/lib/requests';
import { Confirm } from '@/ui/dialog';
import type { MenuEntry } from '@/ui/menu';
import { tell, tellProblem } from '@/ui/toast';

type Asked = { kind: 'stop' | 'restart'; jail: Jail } | { kind: 'reload-all' };

function doneInWords(verb: JailVerb, jail: string): string {
  const name = visible(jail);
  switch (verb) {
    case 'start':
      return t`${name} started`;
    case 'stop':
      return t`${name} stopped`;
    case 'pause':
      return t`${name} paused: it bans nobody, and its bans don't run out`;
    case 'resume':
      return t`${name} goes on`;
    default:
      return t`${name} reloaded`;
  }
}

const backward: Partial<Record<JailVerb, JailVerb>> = { pause: 'resume', resume: 'pause', stop: 'start' };

/** What can be done with jails, with a question first where it lifts bans. */
export function useSteering(activate?: (name: string, active: boolean) => void) {
  const client = useQueryClient();
  const [asked, setAsked] = useState<Asked>();
  const [busy, setBusy] = useState(false);
  const renew = () => {
    for (const queryKey of [jailsQuery.queryKey, hostQuery.queryKey, ['jail'] as const]) void client.invalidateQueries({ queryKey });
  };
  const steer = async (jail: string, verb: JailVerb): Promise<void> => {
    try {
      await steerJail(jail, verb);
      const back = backward[verb];
      tell({ title: doneInWords(verb, jail), undo: back === undefined ? undefined : () => void steer(jail, back) });
    } catch (error) {
      tellProblem(t`fail2ban did not do it`, error);
    } finally {
      renew();
    }
  };
  const confirm = async (what: Asked) => {
    setBusy(true);
    if (what.kind === 'reload-all') {
      await reloadHost().then(
        () => tell({ title: t`Configuration reloaded` }),
        (error: unknown) => tellProblem(t`Reload failed`, error),
      );
      renew();
    } else await steer(what.jail.name, what.kind);
    setBusy(false);
    setAsked(undefined);
  };
  const entries = (jail: Jail): MenuEntry[] =>
    jailEntries(
      jail,
      (verb) => void steer(jail.name, verb),
      (kind) => setAsked({ kind, jail }),
      activate && (() => activate(jail.name, false)),
    );
  const dialog = asked && <Question asked={asked} busy={busy} onCancel={() => setAsked(undefined)} onConfirm={() => void confirm(asked)} />;
  return { entries, reload: () => setAsked({ kind: 'reload-all' }), dialog };
}

function jailEntries(
  jail: Jail,
  act: (verb: JailVerb) => void,
  question: (kind: 'stop' | 'restart') => void,
  deactivate: (() => void) | undefined,
): MenuEntry[] {
  const off = deactivate === undefined ? [] : [{ label: t`Deactivate…`, icon: <PowerOff aria-hidden />, onSelect: deactivate }];
  if (jail.state === 'stopped') return [{ label: t`Start`, icon: <Play aria-hidden />, onSelect: () => act('start') }, ...off];
  const idle = jail.state === 'idle';
  return [
    { label: t`Ban an address here`, icon: <Ban aria-hidden />, onSelect: () => ask('ban', { addresses: [], jail: jail.name }) },
    idle
      ? { label: t`Go on watching`, icon: <Play aria-hidden />, onSelect: () => act('resume'), apart: true }
      : { label: t`Pause`, icon: <Pause aria-hidden />, onSelect: () => act('pause'), apart: true },
    { label: t`Reload`, icon: <RefreshCw aria-hidden />, onSelect: () => act('reload') },
    { label: t`Restart…`, icon: <RotateCcw aria-hidden />, onSelect: () => question('restart') },
    { label: t`Stop…`, icon: <Square aria-hidden />, danger: true, apart: true, onSelect: () => question('stop') },
    ...off,
  ];
}

interface QuestionProps {
  asked: Asked;
  busy: boolean;
  onCancel: () => void;
  onConfirm: () => void;
}

function Question({ asked, busy, onCancel, onConfirm }: QuestionProps) {
  if (asked.kind === 'reload-all') {
    return (
      <Confirm open busy={busy} onCancel={onCancel} onConfirm={onConfirm} title={t`Reload fail2ban's configuration?`} verb={t`Reload`}>
        <p>{t`fail2ban reads all its files again. A mistake in one of them can leave it without jails; BanGUI checks them first and refuses where it finds one.`}</p>
      </Confirm>
    );
  }
  const { name, currently_banned: count } = asked.jail;
  const bans = plural(count, { one: 'Its # ban is lifted', other: 'Its # bans are lifted' });
  const stop = asked.kind === 'stop';
  const shown = visible(name);
  return (
    <Confirm
      open
      danger={stop}
      busy={busy}
      onCancel={onCancel}
      onConfirm={onConfirm}
      title={stop ? t`Stop ${shown}?` : t`Restart ${shown}?`}
      verb={stop ? t`Stop the jail` : t`Restart the jail`}
    >
      <p>
        {stop
          ? t`${bans} in the firewall until it starts again, and it watches nothing meanwhile.`
          : t`${bans} for a moment and put back. This is needed for changed actions; a plain reload drops them.`}
      </p>
    </Confirm>
  );
}
