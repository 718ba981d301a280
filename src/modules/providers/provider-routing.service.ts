import { Injectable } from '@nestjs/common';
import { ChannelRegistry } from '../../extension/channel-registry.js';
import { noteChange } from '../../platform/audit/index.js';
import { type ClientId, Database, Notices } from '../../platform/database/index.js';
import { InvalidInput } from '../../platform/errors/index.js';
import { PROVIDERS_CHANGED, PROVIDERS_SET } from './provider-breakers.js';
import { ProviderRoutingRepository } from './provider-routing.repository.js';
import { DEFAULT_ROUTING, type Routing } from './routing.rules.js';

/** How a client's providers are chosen, channel by channel. */
@Injectable()
export class ProviderRoutingService {
  constructor(
    private readonly database: Database,
    private readonly routings: ProviderRoutingRepository,
    private readonly channels: ChannelRegistry,
    private readonly notices: Notices,
  ) {}

  /** Of every channel that has providers. */
  async get(clientId: ClientId): Promise<Routing> {
    const set = await this.routings.find(clientId);
    return Object.fromEntries(this.routed().map((name) => [name, set[name] ?? DEFAULT_ROUTING]));
  }

  /** Channels that are not in it are as if nothing had been set. @throws InvalidInput for a channel without providers */
  async set(clientId: ClientId, routing: Routing): Promise<Routing> {
    const routed = this.routed();
    const unknown = Object.keys(routing).filter((name) => !routed.includes(name));
    if (unknown.length > 0)
      throw new InvalidInput(
        unknown.map((name) => ({
          pointer: `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
          code: 'unknown_channel',
          message: `There is no such channel with providers; there are: ${routed.join(', ')}`,
        })),
      );
    await this.database.transaction(async (tx) => {
      await this.routings.lock(tx, clientId);
      const act = { action: 'routing.updated', resource: { type: 'routing', id: null } } as const;
      noteChange(tx, clientId, { ...act, before: await this.routings.find(clientId, tx), after: routing });
      await this.routings.replace(tx, clientId, routing);
      await this.notices.announce(PROVIDERS_CHANGED, { clientId }, tx);
      await this.notices.announce(PROVIDERS_SET, { clientId }, tx);
    });
    return this.get(clientId);
  }

  private routed(): string[] {
    return this.channels.all().flatMap(({ name, isInHouse }) => (isInHouse ? [] : name));
  }
}
