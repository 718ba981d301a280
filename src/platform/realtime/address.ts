import type { IncomingMessage } from 'node:http';
import type { HttpAdapterHost } from '@nestjs/core';

interface ExpressSettings {
  get(name: 'trust proxy fn'): (address: string, hop: number) => boolean;
}

/** The caller's address of a handshake, by the same `TRUST_PROXY` as for requests: from the socket outwards, as far as each hop is trusted. */
export function addressOf({ socket, headers }: IncomingMessage, host: HttpAdapterHost): string {
  const trusts = (host.httpAdapter.getInstance() as ExpressSettings).get('trust proxy fn');
  const forwarded = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((address) => address.trim())
    .filter(Boolean)
    .reverse();
  const hops = [socket.remoteAddress ?? '', ...forwarded];
  const untrusted = hops.findIndex((address, hop) => !trusts(address, hop));
  return hops[untrusted === -1 ? hops.length - 1 : untrusted] ?? '';
}
