import { t } from '@lingui/core/macro';
import { Link } from '@tanstack/react-router';
import type { Ban } from '@/api/types';
import { endInWords } from '@/api/words';
import { useNow } from '@/lib/clock';
import { duration, fullTime, number, shortTime } from '@/lib/time';
import { Card } from '@/ui/card';
import { JailLink } from '@/ui/links';

const head = 'px-4 py-2 text-left text-xs font-medium text-muted';
const cell = 'px-4 py-1.5 whitespace-nowrap';

/** The bans that have ended, newest first. */
export function HistoryCard({ history }: { history: Ban[] }) {
  const now = useNow();
  const [first] = history;
  return (
    <Card title={t`Earlier bans`} flush>
      <div className="overflow-x-auto">
        <table className="w-full text-sm">
          <thead className="border-b border-line">
            <tr>
              <th className={head}>{t`Banned`}</th>
              <th className={head}>{t`Jail`}</th>
              <th className={head}>{t`Lasted`}</th>
              <th className={head}>{t`Ended`}</th>
              <th className={`${head} text-right`}>{t`Failures`}</th>
            </tr>
          </thead>
          <tbody className="divide-y divide-line">
            {history.map((ban) => (
              <tr key={ban.id}>
                <td className={cell} title={fullTime(ban.banned_at)}>
                  {shortTime(ban.banned_at, now)}
                </td>
                <td className={cell}>
                  <JailLink jail={ban.jail} />
                </td>
                <td className={cell}>
                  {ban.ended_at === null ? '–' : duration((Date.parse(ban.ended_at) - Date.parse(ban.banned_at)) / 1000)}
                </td>
                <td className={cell}>{endInWords(ban.end_reason)}</td>
                <td className={`${cell} text-right`}>{ban.failures === null ? '–' : number(ban.failures)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {first !== undefined && (
        <p className="border-t border-line px-4 py-2 text-sm">
          <Link to="/history" search={{ q: first.address }} className="text-accent underline">
            {t`All of it in the history`}
          </Link>
        </p>
      )}
    </Card>
  );
}
