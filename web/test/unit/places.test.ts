import { i18n } from '@lingui/core';
import { afterEach, expect, test } from 'vitest';
import { placeInWords, specialInWords } from '@/api/places';
import type { GeoPlace } from '@/api/types';
import { messages as german } from '@/locales/de.po';
import { messages as english } from '@/locales/en.po';

afterEach(() => i18n.loadAndActivate({ locale: 'en', messages: english }));

const nowhere: GeoPlace = { country: null, city: null, asn: null, network: null, special: null };

test('a place is code and name of the country, city, number and name of the network', () => {
  const place = { ...nowhere, country: 'DE', city: 'Köln', asn: 4_200_000_000, network: 'Example, Inc.' };
  expect(placeInWords(place)).toBe('DE · Germany · Köln · AS4200000000 Example, Inc.');
  i18n.loadAndActivate({ locale: 'de', messages: german });
  expect(placeInWords({ ...nowhere, country: 'DE' })).toBe('DE · Deutschland');
  expect(placeInWords({ ...nowhere, asn: 64_496 })).toBe('AS64496');
  expect(placeInWords(nowhere)).toBe('');
});

test('what is no code of a country stays as it is, and stands there once', () => {
  expect(placeInWords({ ...nowhere, country: 'QQ' })).toBe('QQ');
  expect(placeInWords({ ...nowhere, country: '<b>' })).toBe('<b>');
});

test('the name of a network can not turn the line around', () => {
  expect(placeInWords({ ...nowhere, asn: 1, network: 'a\u202eb' })).toBe('AS1 a⟨U+202E⟩b');
});

test('a special range is named with its document', () => {
  const special = { kind: 'shared', prefix: '100.64.0.0/10', rfc: 'RFC 6598' } as const;
  expect(specialInWords({ special })).toBe(
    'Shared address (carrier-grade NAT): many customers of one provider stand behind it. (100.64.0.0/10, RFC 6598)',
  );
  expect(specialInWords({ special: null })).toBe('');
});
