/** What the server wants of a password, so that nobody has to fail to learn it. */
export const shortest = 10;
export const longest = 256;

export type Strength = 'none' | 'short' | 'long' | 'named' | 'same' | 'plain' | 'fair' | 'good';

// Rough steps: what a guesser who knows the rules would need.
const goodBits = 70;

/** How well a new password would do; the server has the last word. */
export function strengthOf(password: string, username: string): Strength {
  const length = [...password].length;
  if (length === 0) return 'none';
  if (length < shortest) return 'short';
  if (length > longest) return 'long';
  const small = password.toLowerCase();
  const name = username.trim().toLowerCase();
  if (name !== '' && small.replaceAll(name, '').replace(/[\d!._-]/g, '') === '' && small.includes(name)) return 'named';
  const different = new Set(small).size;
  if (different === 1) return 'same';
  if (different < 5) return 'plain';
  return bitsOf(password, different) >= goodBits ? 'good' : 'fair';
}

/** Length counts, repetition doesn't. */
function bitsOf(password: string, different: number): number {
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/].filter((kind) => kind.test(password)).length;
  const perSign = 3 + kinds * 0.6;
  return Math.min([...password].length, different * 1.6) * perSign;
}

// Without those that are read as one another.
const signs = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** A password that nobody has to think of: 20 signs in groups, about 113 bits. */
export function suggestPassword(): string {
  const picked: string[] = [];
  while (picked.length < 20) {
    for (const byte of crypto.getRandomValues(new Uint8Array(32))) {
      // Above the last whole multiple some signs would come more often.
      if (byte < signs.length * 4 && picked.length < 20) picked.push(signs[byte % signs.length] ?? '');
    }
  }
  return [0, 5, 10, 15].map((from) => picked.slice(from, from + 5).join('')).join('-');
}
