import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type Ip = ipaddr.IPv4 | ipaddr.IPv6;

/** What is assigned to anybody in IPv6: https://www.iana.org/assignments/ipv6-unicast-address-assignments */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
/** RFC 5214 6.1: an interface id of ISATAP, in either of its forms, holds an IPv4 address. */
const ISATAP = { word: 5, is: 0x5efe, before: 4, maskBefore: 0xfdff } as const;

/**
 * An address as text; an IPv4 address that is written as IPv6 (`::ffff:…`) is the IPv4 address. Null for what is none, and for
 * one with a zone: it means one of this machine's own links.
 */
export function ipOf(address: string): Ip | null {
  return isIP(address) === 0 || address.includes('%') ? null : ipaddr.process(address);
}

/**
 * Whether an address is one of the public internet, and nothing but that: not reserved for any use, and no form of IPv6 that
 * holds an IPv4 address to which a gateway may translate it. What nobody has been assigned yet is not public.
 */
export function isPublic(ip: Ip): boolean {
  if (ip.range() !== 'unicast') return false;
  if (ip instanceof ipaddr.IPv4) return true;
  const { parts } = ip;
  const isIsatap = parts[ISATAP.word] === ISATAP.is && ((parts[ISATAP.before] ?? 0) & ISATAP.maskBefore) === 0;
  return ip.match(GLOBAL_UNICAST) && !isIsatap;
}
