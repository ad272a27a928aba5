import { i18n } from '@lingui/core';

/** The name of a country in the page's language, from the browser; the code itself where it knows none. */
export function countryName(code: string): string {
  try {
    return new Intl.DisplayNames([i18n.locale], { type: 'region', fallback: 'code' }).of(code) ?? code;
  } catch {
    return code; // no code of a country, or a browser that refuses the language
  }
}
