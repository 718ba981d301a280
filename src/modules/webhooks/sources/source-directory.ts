import { Injectable, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type ClientId, Notices, type Tx } from '../../../platform/database/index.js';
import { CLIENT_CHANGED } from '../../clients/index.js';
import { type OpenSource, SourcesRepository } from './sources.repository.js';

const SOURCES_CHANGED = 'webhooks.sources.changed';
/** A stranger may ask for any: that there is none is kept, too. */
const CACHE = { max: 10_000, ttl: 60_000 };

/** The sources by the addresses that are called, from memory until one of them or its client changes, on any process. */
@Injectable()
export class SourceDirectory implements OnModuleInit {
  private readonly known = new LRUCache<string, Promise<{ readonly source: OpenSource | null }>>(CACHE);

  constructor(
    private readonly sources: SourcesRepository,
    private readonly notices: Notices,
  ) {}

  onModuleInit(): void {
    this.notices.on(SOURCES_CHANGED, () => this.known.clear());
    this.notices.on(CLIENT_CHANGED, () => this.known.clear());
    this.notices.onGap(() => this.known.clear());
  }

  /** Null alike for no such client, one that is suspended, no such event, and a source that is switched off. */
  async find(slug: string, event: string): Promise<OpenSource | null> {
    const key = `${slug}/${event}`;
    const known = this.known.get(key) ?? this.read(key, slug, event);
    return (await known).source;
  }

  /** In the transaction of the change; this process knows of it when that has committed. */
  async changed(tx: Tx, clientId: ClientId): Promise<void> {
    tx.afterCommit(() => this.known.clear());
    await this.notices.announce(SOURCES_CHANGED, { clientId }, tx);
  }

  private read(key: string, slug: string, event: string): Promise<{ readonly source: OpenSource | null }> {
    const reading = this.sources.open(slug, event).then((source) => ({ source }));
    this.known.set(key, reading);
    reading.catch(() => {
      if (this.known.peek(key) === reading) this.known.delete(key);
    });
    return reading;
  }
}
