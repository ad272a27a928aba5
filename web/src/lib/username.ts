/** Whether the server takes a text as a user name; it makes it small and cuts blanks itself. */
export function isUserName(text: string): boolean {
  return /^[a-z0-9][a-z0-9._@-]{0,63}$/.test(text.trim().toLowerCase());
}
