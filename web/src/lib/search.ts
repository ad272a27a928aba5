/** Search parameters of a page: plain text; a repeated key is a list. */
export type Search = Record<string, string | string[]>;

/**
 * Reads a query string. Unlike the router's own parser it never guesses: `?q=1` is
 * the text "1", not the number, so a search for digits can't break the page.
 */
export function parseSearch(text: string): Search {
  const found: Search = {};
  for (const [key, value] of new URLSearchParams(text)) {
    const before = Object.hasOwn(found, key) ? found[key] : undefined;
    if (before === undefined) Object.defineProperty(found, key, { value, enumerable: true, writable: true, configurable: true });
    else found[key] = Array.isArray(before) ? [...before, value] : [before, value];
  }
  return found;
}

/** Writes a query string; empty text and undefined are left out. */
export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== '') params.append(key, String(one));
    }
  }
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}
