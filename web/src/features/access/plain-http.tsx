import { t } from '@lingui/core/macro';
import { readableOnTheWay } from '@/lib/place';
import { Note } from './frame';

/** Says what plain HTTP from another machine means; nothing where the way is safe. */
export function PlainHttp() {
  if (!readableOnTheWay()) return null;
  return (
    <Note tone="warn">
      <strong className="font-semibold">{t`This connection is not encrypted.`}</strong>{' '}
      {t`Whoever is on the way between you and the server can read the password and take over the session. Use it only in a network you trust, or start BanGUI with --tls self-signed or behind a proxy that does TLS.`}
    </Note>
  );
}
