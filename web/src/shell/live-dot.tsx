import { t } from '@lingui/core/macro';
import { useFreshness } from '@/api/freshness';
import type { LiveState } from '@/api/live';
import { live } from '@/api/source';
import { useStore } from '@/lib/store';
import { classes } from '@/ui/classes';
import { Tip } from '@/ui/tip';

/** Whether this page hears of what happens as it happens. */
export function LiveDot() {
  const state = useStore(live.state);
  const { console, stale } = useFreshness();
  const { word, detail, look } = words(console === 'lost' ? 'lost' : stale && state === 'live' ? 'silent' : state);
  return (
    <Tip text={detail}>
      <button
        type="button"
        onClick={live.reconnect}
        aria-label={`${word}. ${detail}`}
        className="flex h-8 items-center gap-1.5 rounded-md px-2 text-xs font-medium text-muted hover:bg-hover max-md:h-11"
      >
        <span className={classes('size-2 rounded-full', look)} aria-hidden />
        <span className="max-sm:sr-only">{word}</span>
      </button>
    </Tip>
  );
}

function words(state: LiveState | 'silent'): { word: string; detail: string; look: string } {
  switch (state) {
    case 'live':
      return { word: t`Live`, detail: t`What happens appears here at once.`, look: 'bg-ok' };
    case 'lost':
      return { word: t`Not live`, detail: t`The connection to BanGUI is lost. Trying again; press to try now.`, look: 'bg-danger-solid' };
    case 'silent':
      return { word: t`Nothing new`, detail: t`fail2ban doesn't answer, so nothing new can appear.`, look: 'bg-warn' };
    case 'paused':
      return { word: t`Paused`, detail: t`Nobody looked at this tab for a while.`, look: 'bg-line-strong' };
    default:
      return { word: t`Connecting`, detail: t`Asking BanGUI for what happens.`, look: 'bg-warn' };
  }
}
