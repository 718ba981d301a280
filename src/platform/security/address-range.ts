import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

const BITS = { 4: 32, 6: 128 } as const;

/** Whether a text is an address, or a CIDR such as `203.0.113.0/24`. */
export function isAddressRange(text: unknown): text is string {
  if (typeof text !== 'string') return false;
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || address.includes('%') || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= BITS[family === 4 ? 4 : 6]);
}

/** Whether an address is in a range. An IPv4 address written as IPv6 is the IPv4 address. */
export function covers(range: string, address: string): boolean {
  if (!isAddressRange(range) || isIP(address) === 0) return false;
  const ip = ipaddr.process(address);
  const [network, bits] = range.includes('/') ? ipaddr.parseCIDR(range) : ([ipaddr.process(range), null] as const);
  return ip.kind() === network.kind() && ip.match(network, bits ?? (network.kind() === 'ipv4' ? 32 : 128));
}
