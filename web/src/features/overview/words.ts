import { t } from '@lingui/core/macro';
import type { Range, StatsProperty } from '@/api/stats';
import type { StatsTrend } from '@/api/types';
import { countryName } from '@/lib/country';
import { visible } from '@/lib/plain';
import { chartTime, number } from '@/lib/time';
import type { Narrowing, OverviewView } from './view';

/** A range that ends now. */
export function rangeInWords(range: Range): string {
  switch (range) {
    case '24h':
      return t`24 hours`;
    case '7d':
      return t`7 days`;
    case '30d':
      return t`30 days`;
    default:
      return t`365 days`;
  }
}

/** How a number stands to that of the time before. */
export function changeInWords(now: number, before: number): string {
  if (before === 0) return now === 0 ? t`none in the time before either` : t`none in the time before`;
  const share = now / before - 1;
  const many = 10;
  if (share >= many) return t`${number(now / before, { maximumFractionDigits: 0 })} times the ${number(before)} before`;
  return t`${number(share, { style: 'percent', signDisplay: 'exceptZero', maximumFractionDigits: 0 })} against ${number(before)} before`;
}

/** Who bans. */
export function originName(origin: string): string {
  return origin === 'manual' ? t`By hand` : t`fail2ban`;
}

/** What a part of a split is called. */
export function groupName(property: StatsProperty, key: string, name: string | null): string {
  switch (property) {
    case 'country':
      return key === '' ? t`Country not known` : visible(countryName(key));
    case 'network':
      return key === '0' ? t`Network not known` : `AS${key}${name === null ? '' : ` ${visible(name)}`}`;
    case 'origin':
      return originName(key);
    default:
      return visible(key);
  }
}

/** What a view is narrowed to, one thing at a time. */
export function narrowingInWords(name: Narrowing, view: OverviewView): string {
  const value = visible(view[name]);
  switch (name) {
    case 'jail':
      return t`Jail ${value}`;
    case 'country':
      return t`From ${visible(countryName(view.country))}`;
    case 'origin':
      return t`Banned by: ${originName(view.origin)}`;
    case 'asn':
      return t`Network AS${value}`;
    default:
      return t`Host ${value}`;
  }
}

/** The time of a bar. */
export function barInWords(at: number, bucket: StatsTrend['bucket']): string {
  const day = chartTime(at, bucket === 'hour' || bucket === '6h');
  switch (bucket) {
    case 'hour':
      return t`${day}, one hour`;
    case '6h':
      return t`${day}, six hours`;
    case 'week':
      return t`week from ${day}`;
    case 'month':
      return t`month from ${day}`;
    default:
      return day;
  }
}
