import ipaddr from 'ipaddr.js';

/** Attacks are for a service of one's own on this machine. @throws Error for any other address, and for every name */
export function assertLoopback(url: string): void {
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
  if (ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback') return;
  throw new Error(`${host} is not an address of this machine's loopback: it is not attacked.`);
}
