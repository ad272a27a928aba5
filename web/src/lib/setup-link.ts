/** What a link to the set-up page carries after its #: never sent to a server, and gone from the address bar at once. */
export function takeSetupToken(): string {
  const { hash, pathname, search } = window.location;
  const found = /^#setup=(.+)$/.exec(hash);
  if (found === null) return '';
  window.history.replaceState(window.history.state, '', pathname + search);
  try {
    return decodeURIComponent(found[1] ?? '');
  } catch {
    return found[1] ?? ''; // mistyped: the server says so
  }
}
