import { t } from '@lingui/core/macro';
import type { ConfigVersion } from '@/api/types';
import type { Tone } from '@/ui/badge';

/** How a version came to be: a word, and what it means. */
export function kindInWords(kind: ConfigVersion['kind']): { word: string; means: string; tone: Tone } {
  switch (kind) {
    case 'first':
      return { word: t`found`, means: t`What was there when BanGUI first looked.`, tone: 'neutral' };
    case 'applied':
      return { word: t`changed`, means: t`A change that somebody made in BanGUI.`, tone: 'accent' };
    case 'reverted':
      return { word: t`taken back`, means: t`A change was taken back, or what was changed by hand was put back.`, tone: 'warn' };
    case 'restored':
      return { word: t`restored`, means: t`An earlier version was brought back.`, tone: 'ok' };
    case 'adopted':
      return { word: t`adopted`, means: t`Somebody took over what was changed by hand.`, tone: 'ok' };
    case 'by_hand':
      return { word: t`by hand`, means: t`Changed on the machine itself, and found when the next change was made.`, tone: 'warn' };
  }
}
