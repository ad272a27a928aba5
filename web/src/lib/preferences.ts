import { i18n } from '@lingui/core';
import { basePath } from './env';
import { createStore } from './store';

/** Light, dark, or as the system has it. */
export type Theme = 'system' | 'light' | 'dark';

/** The languages that the page speaks, by their own names. */
export const languages = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof languages;

const themeCookie = 'bangui_theme';

function isTheme(value: string | null): value is 'light' | 'dark' {
  return value === 'light' || value === 'dark';
}

function initialTheme(): Theme {
  const now = document.documentElement.getAttribute('data-theme');
  return isTheme(now) ? now : 'system';
}

export const theme = createStore<Theme>(initialTheme());

/** Shows a theme now and keeps it in the cookie that the server reads. */
export function chooseTheme(next: Theme): void {
  const life = next === 'system' ? 0 : 365 * 86_400;
  // biome-ignore lint/suspicious/noDocumentCookie: the cookie store API is missing in Firefox and on plain http
  document.cookie = `${themeCookie}=${next === 'system' ? '' : next}; path=${basePath || '/'}; max-age=${life}; samesite=strict`;
  if (next === 'system') document.documentElement.removeAttribute('data-theme');
  else document.documentElement.setAttribute('data-theme', next);
  theme.set(next);
}

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is off: the choice lasts as long as the page
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // as above
  }
}

export const language = createStore<Language>('en');

/** The language chosen before, else the first of the browser's that we speak. */
export function preferredLanguage(): Language {
  for (const wish of [stored('bangui.language'), ...navigator.languages]) {
    const short = wish?.slice(0, 2).toLowerCase();
    if (short !== undefined && Object.hasOwn(languages, short)) return short as Language;
  }
  return 'en';
}

/** Loads a language and shows it. */
export async function showLanguage(next: Language): Promise<void> {
  const { messages } = await (next === 'de' ? import('../locales/de.po') : import('../locales/en.po'));
  i18n.loadAndActivate({ locale: next, messages });
  document.documentElement.lang = next;
  language.set(next);
}

/** Shows a language and keeps the choice. */
export function chooseLanguage(next: Language): Promise<void> {
  keep('bangui.language', next);
  return showLanguage(next);
}

/** In whose zone times are shown: the console's (the setting time-zone), this device's, or UTC. */
export type ZoneChoice = 'console' | 'device' | 'utc';

function isZoneChoice(value: string | null): value is ZoneChoice {
  return value === 'console' || value === 'device' || value === 'utc';
}

function initialZone(): ZoneChoice {
  const before = stored('bangui.zone');
  return isZoneChoice(before) ? before : 'console';
}

export const zoneChoice = createStore<ZoneChoice>(initialZone());

/** Chooses whose zone it is and keeps the choice. */
export function chooseZone(next: ZoneChoice): void {
  keep('bangui.zone', next);
  zoneChoice.set(next);
}

/** Whether keys without Ctrl act (WCAG 2.1.4 wants a switch). */
export const singleKeys = createStore<boolean>(stored('bangui.single-keys') !== 'off');

/** Turns keys without Ctrl on or off and keeps the choice. */
export function chooseSingleKeys(on: boolean): void {
  keep('bangui.single-keys', on ? 'on' : 'off');
  singleKeys.set(on);
}
