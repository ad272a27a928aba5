/**
 * Makes what can't be seen visible. Log lines, user names and jail ids are written
 * by attackers: a control character or a change of writing direction could make a
 * line look like another one. The result is still text, never markup.
 */
export function visible(text: string): string {
  return text.replace(hidden, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return `\u27e8U+${code.toString(16).toUpperCase().padStart(4, '0')}\u27e9`;
  });
}

// Controls, bidi marks and overrides, zero-width and other format characters, line
// separators, lone surrogates and the tag block. Tab stays.
const hidden = /(?!\t)[\p{Cc}\p{Cf}\u2028\u2029\u{e0000}-\u{e007f}]|\p{Cs}/gu;

/** Cuts text that is longer than a screen can use; what is cut is said by count. */
export function clip(text: string, max: number): { text: string; cut: number } {
  return text.length <= max ? { text, cut: 0 } : { text: text.slice(0, max), cut: text.length - max };
}

/** An address that fits a column: long ones lose their middle. Copy and title have all of it. */
export function shortAddress(address: string, max = 30): string {
  const text = visible(address);
  if (text.length <= max) return text;
  const head = Math.ceil((max - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (max - 1 - head))}`;
}
