import { Redis as Connection } from 'ioredis';

type Subscribe = (this: Connection, ...channels: unknown[]) => Promise<unknown>;

/**
 * After a reconnect ioredis subscribes anew by itself, and leaves the promise of that to nobody: it fails when the connection
 * is closed meanwhile, as in the middle of a stop, and would be an error that nobody caught. Of every connection, so that Bull's
 * are among them; who subscribes by hand still learns of a failure.
 */
export function hearResubscribing(): void {
  const commands = Connection.prototype as unknown as Record<string, Subscribe>;
  for (const name of ['subscribe', 'psubscribe']) {
    const subscribe = commands[name]!;
    commands[name] = function (...channels) {
      const subscribed = subscribe.apply(this, channels);
      subscribed.catch(() => undefined);
      return subscribed;
    };
  }
}
