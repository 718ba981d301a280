import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import ipaddr from 'ipaddr.js';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { type Ip, ipOf, isPublic } from './public-address.js';

/** There is none, or it is none that could be. Whatever else the resolver says may be over in a moment. */
const NO_SUCH_NAME = new Set(['ENOTFOUND', 'EINVAL']);

/** The same words whatever the reason, so that an answer tells nothing of the network behind us. */
export class EgressRefused extends Error {
  constructor() {
    super('The address is not one that this service may connect to.');
    this.name = 'EgressRefused';
  }
}

/** The name could not be looked up now. In the same words: it may be well again, and tells no more of the network. */
export class EgressUnresolved extends Error {
  constructor() {
    super(new EgressRefused().message);
    this.name = 'EgressUnresolved';
  }
}

/**
 * Guards every connection to an address that a client set: each address its name resolves to must be a public one, and
 * the one that was checked is the one to connect to. Private networks open up by `EGRESS_ALLOW_CIDRS` only.
 */
@Injectable()
export class Egress {
  private readonly allowed: readonly [Ip, number][];
  private readonly underWay = new Map<string, Promise<string[]>>();

  constructor(@Inject(ENV) env: ResolvedEnv) {
    this.allowed = env.EGRESS_ALLOW_CIDRS.map((cidr) => ipaddr.parseCIDR(cidr));
  }

  /**
   * The address to connect to for a host name or literal.
   * @throws EgressRefused when any of its addresses is not allowed, or there is none
   * @throws EgressUnresolved when the resolver did not answer
   */
  async addressOf(host: string): Promise<string> {
    const bare = host.replace(/^\[|\]$/g, '');
    const addresses = isIP(bare) ? [bare] : await this.lookUp(bare);
    const [first] = addresses;
    if (first === undefined || !addresses.every((address) => this.isAllowed(address))) throw new EgressRefused();
    return first;
  }

  isAllowed(address: string): boolean {
    const ip = ipOf(address);
    if (ip === null) return false;
    return (
      isPublic(ip) || this.allowed.some(([network, bits]) => network.kind() === ip.kind() && ip.match(network, bits))
    );
  }

  /**
   * Every address of a name, by the system's resolver. Asked once for a connection: a name may have another one a moment later. Who
   * asks while the same is asked shares the answer: a resolver that does not answer keeps one of few threads for each question.
   * @throws EgressUnresolved
   */
  lookUp(name: string): Promise<string[]> {
    const running = this.underWay.get(name);
    if (running) return running;
    const asked = this.ask(name).finally(() => this.underWay.delete(name));
    this.underWay.set(name, asked);
    return asked;
  }

  private async ask(name: string): Promise<string[]> {
    try {
      return (await lookup(name, { all: true, verbatim: true })).map(({ address }) => address);
    } catch (error) {
      if (NO_SUCH_NAME.has((error as NodeJS.ErrnoException).code ?? '')) return [];
      throw new EgressUnresolved();
    }
  }
}
