import { i18n } from '@lingui/core';
import { t } from '@lingui/core/macro';
import type { Job } from '@/api/types';
import { visible } from '@/lib/plain';

interface Sentences {
  does: string;
  repeat: string;
  lost: string;
  /** The language they are in, where it isn't the page's. */
  lang?: string;
}

/** What a job does, why it may be repeated, and what becomes of it when the lease is lost. In English as the server has it. */
export function sentencesOf({ name, does, repeat, lost }: Job): Sentences {
  const ours = i18n.locale === 'en' ? undefined : translated(name);
  return ours ?? { does: visible(does), repeat: visible(repeat), lost: visible(lost), lang: 'en' };
}

/** The sentences of the jobs that we know, to be put into other languages. */
function translated(name: string): Sentences | undefined {
  switch (name) {
    case 'scheduler_lock_heartbeat':
      return {
        does: t`Says in the database that the console which does the background jobs lives; another one takes over when it falls silent.`,
        repeat: t`Each beat replaces the one before.`,
        lost: t`The jobs of the old leader end, and what they still wanted to write is refused.`,
      };
    case 'end-bans':
      return {
        does: t`Ends bans that were given an end of their own, and has bans made again that fail2ban ended before it. The order is written here; the console that serves the host carries it out within a second.`,
        repeat: t`An order that was carried out finds nothing left to do.`,
        lost: t`Orders that were not written are written by the next leader; those of an older epoch are refused by the host once it has seen a newer one.`,
      };
    case 'tidy-accounts':
      return {
        does: t`Removes sessions that have ended, and failed attempts to sign in that no longer count.`,
        repeat: t`What is removed is gone; a second run finds nothing.`,
        lost: t`Each step is one transaction; the rest is removed by the next run. What has ended counts as ended, whether it was removed or not.`,
      };
    case 'trim-audit':
      return {
        does: t`Removes entries of the audit that are older than the setting audit-days, and keeps the place where the chain begins.`,
        repeat: t`Removing is one transaction with its own entry; a second run finds nothing.`,
        lost: t`The transaction that was under way is undone; the next run goes on.`,
      };
    case 'optimise-database':
      return {
        does: t`Lets the database learn anew what is in its tables, so that queries stay quick, and shortens SQLite's log of changes.`,
        repeat: t`It changes no data.`,
        lost: t`Nothing is lost: it is done again the next day.`,
      };
    case 'check-database':
      return {
        does: t`Reads the database for damage.`,
        repeat: t`It only reads.`,
        lost: t`Nothing is lost: the next leader begins it again.`,
      };
    default:
      return undefined;
  }
}
