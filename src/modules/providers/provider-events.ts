import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { InvalidSignature, type Receipt, type ReceiptRequest } from '../../extension/index.js';
import { ProviderRegistry } from '../../extension/provider-registry.js';
import { type ClientId, Notices } from '../../platform/database/index.js';
import { DomainError, InvalidInput, NotFound } from '../../platform/errors/index.js';
import type { ProviderRecord } from './provider.entity.js';
import { PROVIDERS_CHANGED } from './provider-breakers.js';
import { ProviderSender } from './provider-sender.js';
import { ProviderSettings, type Settings } from './provider-settings.js';
import { ProvidersRepository } from './providers.repository.js';

/** What a provider tells of messages it took. */
export interface ToldByProvider {
  readonly clientId: ClientId;
  readonly providerId: string;
  readonly receipts: readonly Receipt[];
}

export interface PolledProvider extends ToldByProvider {
  /** Where the next poll begins. */
  readonly until: Date;
}

interface Teller {
  readonly clientId: ClientId;
  readonly kind: string;
  readonly settings: Settings;
}

/** A provider could not be asked; in its words, without secrets. */
class NotPolled extends Error {
  override readonly name = 'NotPolled';
}

/** A stranger may ask for any id: that there is none is kept, too. */
const CACHE = { max: 10_000, ttl: 60_000 };
const POLL_MS = 15_000;

/** Reads what providers tell of messages they took: in calls of theirs, and when they are asked. */
@Injectable()
export class ProviderEvents implements OnModuleInit {
  private readonly log = new Logger(ProviderEvents.name);
  private readonly tellers = new LRUCache<string, Promise<Teller | null>>(CACHE);

  constructor(
    private readonly providers: ProvidersRepository,
    private readonly registry: ProviderRegistry,
    private readonly settings: ProviderSettings,
    private readonly sender: ProviderSender,
    private readonly notices: Notices,
  ) {}

  onModuleInit(): void {
    this.notices.on(PROVIDERS_CHANGED, () => this.tellers.clear());
    this.notices.onGap(() => this.tellers.clear());
  }

  /**
   * What a call tells, once its signature is known to be good. A provider that is not used any more still tells of what it
   * took before.
   * @throws NotFound for no such provider, or one of a kind that makes no calls
   * @throws DomainError `invalid_signature`
   * @throws InvalidInput for what is signed and no event of this kind
   */
  async read(providerId: string, request: ReceiptRequest): Promise<ToldByProvider> {
    const teller = await this.teller(providerId);
    const provider = teller && this.registry.find(teller.kind)?.provider;
    if (!teller || !provider?.receipts) throw new NotFound();
    const { clientId, kind, settings } = teller;
    try {
      const receipts = await provider.receipts(settings, request);
      return { clientId, providerId, receipts: receipts.map((receipt) => this.redacted(kind, settings, receipt)) };
    } catch (error) {
      if (error instanceof InvalidSignature)
        throw new DomainError('unauthenticated', 'invalid_signature', 'The signature is missing, wrong or old.');
      this.log.warn({ msg: 'A call of a provider was not understood', err: error, clientId, providerId });
      throw InvalidInput.at('', 'unreadable', 'This is no event of this kind of provider.');
    }
  }

  /** The kinds that can be asked for what their calls may have missed. */
  pollableKinds(): string[] {
    return this.registry.all().flatMap(({ kind, provider }) => (provider.poll ? kind : []));
  }

  /** @throws Error with what is wrong, without secrets; null when there is nobody to ask */
  async poll(clientId: ClientId, providerId: string, since: Date): Promise<PolledProvider | null> {
    const record = await this.providers.find(clientId, providerId);
    const ask = record && this.registry.find(record.kind)?.provider;
    if (!record || !ask?.poll) return null;
    const { kind, name } = record;
    const settings = this.opened(record);
    const route = { clientId, providerId, kind, name, settings, isOwn: false, limits: null, gate: null };
    try {
      const { receipts, until } = await ask.poll(this.sender.context(route, AbortSignal.timeout(POLL_MS)), since);
      const redacted = receipts.map((receipt) => this.redacted(kind, settings, receipt));
      return { clientId, providerId, until, receipts: redacted };
    } catch (error) {
      // The error itself may hold a secret, and goes into the log.
      const said = error instanceof Error ? error.message : String(error);
      throw new NotPolled(this.settings.redact(kind, settings, said));
    }
  }

  private teller(id: string): Promise<Teller | null> {
    const known = this.tellers.get(id);
    if (known) return known;
    const reading = this.providers
      .byIdAlone(id)
      .then((record) => record && { clientId: record.clientId, kind: record.kind, settings: this.opened(record) });
    this.tellers.set(id, reading);
    reading.catch(() => this.tellers.delete(id));
    return reading;
  }

  private opened({ clientId, id, settings }: ProviderRecord): Settings {
    return this.settings.open(clientId, id, settings);
  }

  private redacted(kind: string, settings: Settings, receipt: Receipt): Receipt {
    const { detail } = receipt;
    return detail === undefined ? receipt : { ...receipt, detail: this.settings.redact(kind, settings, detail) };
  }
}
