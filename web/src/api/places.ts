import { t } from '@lingui/core/macro';
import { countryName } from '../lib/country';
import { visible } from '../lib/plain';
import type { GeoDatabase, GeoPlace } from './types';

/** Where an address is, in one line; '' when nothing is known. The network's name is whatever its owner chose. */
export function placeInWords({ country, city, asn, network }: GeoPlace): string {
  const parts: string[] = [];
  if (country !== null) parts.push(countryName(country) === country ? visible(country) : `${country} · ${countryName(country)}`);
  if (city !== null) parts.push(visible(city));
  if (asn !== null) parts.push(network === null ? `AS${asn}` : `AS${asn} ${visible(network)}`);
  return parts.join(' · ');
}

/** What a special range is for. */
function purpose(kind: NonNullable<GeoPlace['special']>['kind']): string {
  switch (kind) {
    case 'private':
    case 'unique-local':
    case 'site-local':
      return t`Private address: it is in your own network.`;
    case 'shared':
      return t`Shared address (carrier-grade NAT): many customers of one provider stand behind it.`;
    case 'loopback':
      return t`Loopback: it is this machine itself.`;
    case 'link-local':
      return t`Link-local: it is on the same wire as this machine.`;
    case 'documentation':
      return t`Documentation range: such addresses don't exist on the internet.`;
    case 'benchmarking':
      return t`Range for measurements: such addresses don't exist on the internet.`;
    case 'multicast':
      return t`Multicast: no single machine has it.`;
    case 'broadcast':
      return t`Broadcast: it is everybody on the same wire.`;
    case 'this-network':
    case 'unspecified':
      return t`No address of a sender.`;
    case 'translated':
      return t`An IPv4 address that a translator (NAT64) shows as IPv6.`;
    case 'tunnel':
      return t`Address of a tunnel that carries IPv6 over IPv4.`;
    case 'identifier':
      return t`An identifier made from a key: it says nothing of a place.`;
    case 'discard':
      return t`Range whose traffic is thrown away.`;
    case 'segment-routing':
      return t`Range for segment routing inside a network.`;
    default:
      return t`Reserved range.`;
  }
}

/** What kind of address it is, when it is no ordinary one; '' otherwise. */
export function specialInWords({ special }: Pick<GeoPlace, 'special'>): string {
  return special === null ? '' : `${purpose(special.kind)} (${special.prefix}, ${special.rfc})`;
}

/** What a database tells. */
export function databaseInWords(kind: GeoDatabase['kind']): string {
  switch (kind) {
    case 'country':
      return t`Countries`;
    case 'asn':
      return t`Networks`;
    default:
      return t`Cities`;
  }
}
