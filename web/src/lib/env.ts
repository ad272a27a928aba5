/** What the server wrote into the page: where it is mounted and which version it is. */
function meta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? '';
}

/** The path under which page and API are served, without a slash at its end; '' = the root. */
export const basePath = meta('bangui-base').replace(/\/+$/, '');

/** The version of the binary that sent this page; '' in development. */
export const pageVersion = meta('bangui-version');

/** An address of our own server, for fetch and EventSource. */
export function ownUrl(path: string): string {
  return `${window.location.origin}${basePath}${path}`;
}
