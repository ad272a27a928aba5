import { t } from '@lingui/core/macro';
import type { BacktestNote } from '@/api/types';
import { visible } from '@/lib/plain';

/** What a person should know of a result, in his language where the page has words for it. */
export function noteInWords({ code, text }: BacktestNote): string {
  switch (code) {
    case 'inactive':
      return t`The jail is not active now, so nothing is banned by it: what is told is what it would do.`;
    case 'history':
      return t`Ban times that grow begin as for addresses that were never banned before; fail2ban knows of earlier bans.`;
    case 'formula':
      return t`bantime.formula is a program that is not run here: ban times double instead.`;
    case 'random':
      return t`bantime.rndtime is left out: ban times are the shortest ones.`;
    case 'other_jails':
      return t`bantime.overalljails: bans of other jails are not known here.`;
    case 'ignored_names':
      return t`Names of hosts on the ignore list are not looked up.`;
    case 'ignorecommand':
      return t`ignorecommand is a program that is not run here: it ignores nobody.`;
    case 'cut':
      return t`There is more in the logs than is read at once, or a file is broken: the rest is left out.`;
    case 'full':
      return t`There are more failures than are counted at once: the newest are left out. Choose a shorter time.`;
    case 'undated':
      return t`Lines before the first date count for nothing.`;
    case 'stopped':
      return t`Some lines were given up, because the expressions took too long on them. The expression tester names the slow ones.`;
    case 'names':
      return t`Some failures name hosts instead of addresses; names are not looked up, so these count for nothing.`;
    default:
      return visible(text);
  }
}
