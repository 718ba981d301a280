import type { Redis as Connection } from 'ioredis';

const UNANSWERED_MAX = 2;

/**
 * A connection to a host that is gone without a word says nothing for hours: it is asked now and then, and connected anew when two
 * answers did not come. @param onSilent told when it is given up
 */
export function keepAsking(connection: Connection, everyMs: number, onSilent: () => void): void {
  let unanswered = 0;
  let isGivenUp = false;
  const look = (): void => {
    const isConnected = connection.status === 'ready' || connection.status === 'connect';
    if (isGivenUp || !isConnected) return;
    if (unanswered >= UNANSWERED_MAX) {
      isGivenUp = true;
      onSilent();
      return connection.disconnect(true);
    }
    unanswered++;
    if (connection.status === 'ready')
      connection.ping().then(
        () => (unanswered = 0),
        () => undefined,
      );
  };
  const timer = setInterval(look, everyMs).unref();
  // What the next one was asked is another matter than what this one was.
  connection.on('close', () => {
    isGivenUp = false;
    unanswered = 0;
  });
  connection.once('end', () => clearInterval(timer));
}
