import { Link } from '@tanstack/react-router';
import { shortAddress, visible } from '../lib/plain';
import { classes } from './classes';

const look = 'text-text underline-offset-2 hover:text-accent hover:underline';

/** An address that leads to why it is banned. */
export function AddressLink({ address, max, tabIndex }: { address: string; max?: number; tabIndex?: number }) {
  return (
    <Link
      to="/address/$"
      params={{ _splat: address }}
      title={visible(address)}
      tabIndex={tabIndex}
      className={classes(look, 'font-mono text-sm whitespace-nowrap')}
    >
      {shortAddress(address, max)}
    </Link>
  );
}

/** A jail that leads to its page. */
export function JailLink({ jail, tabIndex }: { jail: string; tabIndex?: number }) {
  return (
    <Link
      to="/jails/$jail"
      params={{ jail }}
      tabIndex={tabIndex}
      className="inline-flex h-5 max-w-full items-center rounded bg-accent-soft px-1.5 text-xs font-medium text-accent-text hover:underline"
    >
      <span className="truncate">{visible(jail)}</span>
    </Link>
  );
}
