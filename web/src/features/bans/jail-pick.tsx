import { t } from '@lingui/core/macro';
import { Link } from '@tanstack/react-router';
import type { Jail } from '@/api/types';
import { closesAll, closesInWords } from '@/api/words';
import { visible } from '@/lib/plain';
import { duration } from '@/lib/time';

interface JailPickProps {
  jails: Jail[];
  jail: string;
  onPick: (jail: string) => void;
  onLeave: () => void;
}

/** Where to ban: each jail says which ports it closes and for how long. */
export function JailPick({ jails, jail, onPick, onLeave }: JailPickProps) {
  if (jails.length === 0) return <p className="text-sm text-danger">{t`No jail runs, so nobody can be banned.`}</p>;
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="pb-1 text-sm font-medium">{t`Jail`}</legend>
      <div className="flex max-h-52 flex-col overflow-y-auto rounded-md border border-line-strong">
        {jails.map((one) => (
          <label
            key={one.name}
            className="flex min-h-10 shrink-0 items-center gap-3 border-b border-line px-3 py-1.5 text-sm last:border-b-0 hover:bg-hover has-checked:bg-accent-soft"
          >
            <input
              type="radio"
              name="jail"
              checked={one.name === jail}
              onChange={() => onPick(one.name)}
              className="size-4 shrink-0 accent-accent"
            />
            <span className="min-w-0 flex-1">
              <span className="font-medium">{visible(one.name)}</span>
              <span className="block text-xs text-muted">{t`closes ${closesInWords(one.closes)}`}</span>
            </span>
            <span className="text-xs whitespace-nowrap text-muted">{duration(one.ban_seconds)}</span>
          </label>
        ))}
      </div>
      {!jails.some(closesAll) && (
        <p className="text-xs text-muted">
          {t`None of these closes every port.`}{' '}
          <Link to="/jails" onClick={onLeave} className="text-accent underline">
            {t`Add a jail that does`}
          </Link>
        </p>
      )}
    </fieldset>
  );
}
