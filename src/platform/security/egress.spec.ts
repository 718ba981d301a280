import { describe, expect, it } from '@jest/globals';
import { readEnv } from '../../config/index.js';
import { Egress, EgressRefused } from './egress.js';

const egressOf = (...allowed: string[]): Egress =>
  new Egress(
    readEnv({
      DATABASE_URL: 'postgres://nowhere/none',
      REDIS_URL: 'redis://nowhere',
      EGRESS_ALLOW_CIDRS: allowed.join(','),
    }),
  );

const PUBLIC = [
  ...['1.1.1.1', '8.8.8.8', '93.184.216.34', '11.0.0.1', '9.255.255.255', '126.255.255.255', '128.0.0.1'],
  ...['100.63.255.255', '100.128.0.1', '169.253.255.255', '169.255.0.1', '172.15.255.255', '172.32.0.1'],
  ...['192.167.255.255', '192.169.0.1', '198.17.255.255', '198.20.0.1', '223.255.255.254', '192.0.3.1'],
  ...['2606:4700:4700::1111', '2001:4860:4860::8888', '2a00:1450:4001:81b::200e', '::ffff:8.8.8.8'],
];

/** https://www.iana.org/assignments/iana-ipv4-special-registry and its IPv6 twin, and the ways to write them. */
const PRIVATE = [
  // this host, loopback and its neighbours
  ...['0.0.0.0', '0.0.0.1', '0.255.255.255', '127.0.0.1', '127.1.2.3', '127.255.255.255', '::', '::1'],
  // private networks
  ...['10.0.0.0', '10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', '192.168.255.255'],
  // link-local, the metadata services of clouds among them
  ...['169.254.0.1', '169.254.169.254', '169.254.170.2', '169.254.255.255', 'fe80::1', 'fe80::a9fe:a9fe', 'febf::1'],
  ...['fd00:ec2::254', 'fc00::1', 'fdff:ffff::1'],
  // carrier-grade NAT, benchmarks, protocol assignments, documentation
  ...['100.64.0.1', '100.100.100.200', '100.127.255.255', '198.18.0.1', '198.19.255.255', '192.0.0.1', '192.0.0.192'],
  ...['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '192.88.99.1'],
  // multicast, reserved, broadcast
  ...['224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.254', '255.255.255.255', 'ff02::1', 'ff05::2'],
  // IPv4 within IPv6: mapped, compatible, translated, 6to4, Teredo
  ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::ffff:169.254.169.254', '::ffff:0:127.0.0.1'],
  ...['::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::1', '2002:7f00:1::', '2002:a9fe:a9fe::'],
  ...['2001::1', '2001:0:7f00:1::', '2001:10::1', '2001:20::1', '100::1', '0:0:0:0:0:0:0:1', '0:0:0:0:0:ffff:7f00:1'],
];

describe('egress', () => {
  const egress = egressOf();

  it.each(PUBLIC)('lets out to %s', async (address) => {
    expect(egress.isAllowed(address)).toBe(true);
    expect(await egress.addressOf(address)).toBe(address);
  });

  it.each(PRIVATE)('does not let out to %s', async (address) => {
    expect(egress.isAllowed(address)).toBe(false);
    await expect(egress.addressOf(address)).rejects.toThrow(EgressRefused);
  });

  it.each(['[::1]', '[::ffff:127.0.0.1]', 'localhost', '127.1', '2130706433', '0x7f.0.0.1', '0177.0.0.1', '0'])(
    'does not let out to %j, however it is written',
    async (host) => {
      await expect(egress.addressOf(host)).rejects.toThrow(new EgressRefused().message);
    },
  );

  it('opens the networks that are allowed, and no more', () => {
    const open = egressOf('127.0.0.0/8', '10.1.0.0/16', 'fd00::/8');

    for (const address of ['127.0.0.1', '10.1.2.3', 'fd12::1', '::ffff:10.1.2.3', '8.8.8.8'])
      expect([address, open.isAllowed(address)]).toEqual([address, true]);
    for (const address of ['10.2.0.1', '192.168.0.1', '169.254.169.254', 'fc00::1', '::1'])
      expect([address, open.isAllowed(address)]).toEqual([address, false]);
  });
});
