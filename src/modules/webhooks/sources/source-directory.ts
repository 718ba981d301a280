import { Injectable, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type ClientId, Notices, type Tx } from '../../../platform/database/index.js';
import { CLIENT_CHANGED } from '../../clients/index.js';
import { type OpenSource, SourcesRepository } from './sources.repository.js';

const SOURCES_CHANGED = 'webhooks.sources.changed';
/** A stranger may ask for any: that there is none is kept, too. */
const CACHE = { max: 10_000, ttl: 60_000 };

interface Reading {
  readonly found: Promise<OpenSource | null>;
  /** Of the source that was found: nobody's while it is being read, and where there is none. */
  clientId: ClientId | null;
}

/** The sources by the addresses that are called, from memory until one of them or its client changes, on any process. */
@Injectable()
export class SourceDirectory implements OnModuleInit {
  private readonly known = new LRUCache<string, Reading>(CACHE);

  constructor(
    private readonly sources: SourcesRepository,
    private readonly notices: Notices,
  ) {}

  onModuleInit(): void {
    this.notices.on(SOURCES_CHANGED, ({ clientId = '' }) => this.forget(clientId));
    this.notices.on(CLIENT_CHANGED, ({ clientId = '' }) => this.forget(clientId));
    this.notices.onGap(() => this.known.clear());
  }

  /** Null alike for no such client, no such event, and a source that is switched off. */
  find(slug: string, event: string): Promise<OpenSource | null> {
    const key = `${slug}/${event}`;
    return (this.known.get(key) ?? this.read(key, slug, event)).found;
  }

  /** In the transaction of the change. */
  async changed(tx: Tx, clientId: ClientId): Promise<void> {
    await this.notices.announce(SOURCES_CHANGED, { clientId }, tx);
  }

  /** Its sources, and whatever may be one now: other clients' stay known. */
  private forget(clientId: ClientId): void {
    for (const [key, { clientId: owner }] of this.known.entries())
      if (owner === null || owner === clientId) this.known.delete(key);
  }

  private read(key: string, slug: string, event: string): Reading {
    const reading: Reading = { found: this.sources.open(slug, event), clientId: null };
    this.known.set(key, reading);
    reading.found.then(
      (source) => (reading.clientId = source?.clientId ?? null),
      () => {
        if (this.known.peek(key) === reading) this.known.delete(key);
      },
    );
    return reading;
  }
}
