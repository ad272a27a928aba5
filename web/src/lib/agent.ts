const browsers: [pattern: RegExp, name: string][] = [
  [/\bEdg(?:e|A|iOS)?\/(\d+)/, 'Edge'],
  [/\bOPR\/(\d+)/, 'Opera'],
  [/\b(?:Firefox|FxiOS)\/(\d+)/, 'Firefox'],
  [/\b(?:Chrome|Chromium|CriOS)\/(\d+)/, 'Chrome'],
  [/\bVersion\/(\d+)[\d.]* (?:Mobile\/\S+ )?Safari\//, 'Safari'],
  [/^curl\/(\d+)/, 'curl'],
  [/^bangui\/(\S+)/, 'bangui'],
];

const systems: [pattern: RegExp, name: string][] = [
  [/\b(?:iPhone|iPad)\b/, 'iOS'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
];

/** A User-Agent header in a few words: "Firefox 140, Linux"; undefined for what is not known. Anybody can claim anything in it. */
export function deviceOf(agent: string): string | undefined {
  const browser = browsers.flatMap(([pattern, name]) => {
    const found = pattern.exec(agent);
    return found === null ? [] : [`${name} ${found[1]}`];
  })[0];
  const system = systems.find(([pattern]) => pattern.test(agent))?.[1];
  const words = [browser, system].filter((word) => word !== undefined);
  return words.length === 0 ? undefined : words.join(', ');
}
