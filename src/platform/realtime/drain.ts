import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { CLOSE } from './close.js';
import type { Connection } from './connection.js';
import { Doorkeeper } from './doorkeeper.js';
import { leaveTimes } from './drain.rules.js';
import { Hub } from './hub.js';
import { PreparedPush } from './prepared-push.js';

/** Of the time for draining; the rest is for answers that are still under way. */
const CLOSING_SHARE = 0.8;
const LOOK_EVERY_MS = 20;

/**
 * A stopping process lets its sockets go one after the other, so that the others are not stormed: each is told when, and
 * closed with 4200 at that time once what it asked is answered. Meanwhile nobody comes in.
 */
@Injectable()
export class Drain implements OnModuleDestroy {
  private readonly log = new Logger(Drain.name);
  /** Resolves when every socket is gone, or the time is up. */
  finished: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly hub: Hub,
    private readonly door: Doorkeeper,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  /** Begins here and is awaited by the transports, so that work in hand is finished in the same time. */
  onModuleDestroy(): void {
    const drainMs = this.env.DRAIN_SECONDS * 1_000;
    const deadline = Date.now() + drainMs;
    this.door.closeUntil(deadline);
    const connections = this.hub.all();
    if (connections.length > 0) this.log.log(`Closing ${connections.length} sockets within ${drainMs} ms.`);
    const times = leaveTimes(connections.length, drainMs * CLOSING_SHARE, Math.random);
    this.finished = Promise.all(connections.map((connection, at) => dismiss(connection, times[at] ?? 0, deadline)));
  }
}

/** Resolves when the socket is gone. */
async function dismiss(connection: Connection, afterMs: number, deadline: number): Promise<void> {
  const gone = new Promise<void>((resolve) => connection.onGone(resolve));
  connection.push(
    PreparedPush.toOne(connection.principal, 'server.draining', { reconnectAfterMs: Math.round(afterMs) }),
  );
  await Promise.race([gone, delay(afterMs)]);
  while (connection.inFlight > 0 && Date.now() < deadline) await delay(LOOK_EVERY_MS);
  connection.close(CLOSE.draining);
  await Promise.race([gone, delay(Math.max(0, deadline - Date.now()))]);
}
