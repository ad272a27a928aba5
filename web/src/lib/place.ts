/** Whether what is typed here can be read on the way: plain HTTP from another machine than one's own. */
export function readableOnTheWay({ protocol, hostname }: { protocol: string; hostname: string } = window.location): boolean {
  return protocol === 'http:' && !/^((.+\.)?localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
