import { Injectable, Logger } from '@nestjs/common';
import { Redis } from '../redis/index.js';

/** How old a reading may be: less than any scraper's interval, so that one of many processes reads for all of them. */
const FRESH_MS = 5_000;

interface Reading {
  readonly untilMs: number;
  readonly rows: Promise<readonly unknown[]>;
}

/**
 * Readings of the database that are the same whichever process is asked: for gauges. One process reads, and every other has
 * it from Redis for five seconds; without Redis each reads for itself, no more often than that.
 */
@Injectable()
export class SharedReadings {
  private readonly log = new Logger(SharedReadings.name);
  private readonly known = new Map<string, Reading>();

  constructor(private readonly redis: Redis) {}

  /** @returns the rows; null when they could not be read, so that a gauge says nothing rather than what was */
  async of<Row extends object>(name: string, read: () => Promise<readonly Row[]>): Promise<readonly Row[] | null> {
    let reading = this.known.get(name);
    if (!reading || reading.untilMs <= performance.now()) {
      reading = { untilMs: performance.now() + FRESH_MS, rows: this.shared(name, read) };
      this.known.set(name, reading);
    }
    try {
      return (await reading.rows) as readonly Row[];
    } catch (error) {
      this.known.delete(name);
      this.log.debug(`${name} was not read: ${String(error)}`);
      return null;
    }
  }

  private async shared<Row extends object>(
    name: string,
    read: () => Promise<readonly Row[]>,
  ): Promise<readonly unknown[]> {
    const key = this.redis.key('metrics', name);
    const kept = await this.redis.quick(() => this.redis.commands.get(key));
    if (kept !== null) return JSON.parse(kept) as readonly unknown[];
    const rows = await read();
    await this.redis.quick(() => this.redis.commands.set(key, JSON.stringify(rows), 'PX', FRESH_MS));
    return rows;
  }
}
