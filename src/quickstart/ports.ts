import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const LOOPBACK = '127.0.0.1';
/** Below those that systems give to connections and to who asks for any: Linux from 32,768, others from 49,152. */
const SETTLED = [25_000, 32_768] as const;
const TRIES = 20;

/** Whether a server could listen there now. */
export function isFree(port: number, host: string = LOOPBACK): Promise<boolean> {
  return listenOnce(port, host).then(
    () => true,
    () => false,
  );
}

/**
 * The preferred port when it is free, so that addresses stay the same from start to start; else any free one of the loopback,
 * preferably one that no connection is given meanwhile.
 */
export async function choosePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isFree(preferred))) return preferred;
  for (let tries = TRIES; tries > 0; tries--) {
    const port = randomInt(...SETTLED);
    if (await isFree(port)) return port;
  }
  return listenOnce(0, LOOPBACK);
}

function listenOnce(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      const taken = typeof address === 'object' && address ? address.port : port;
      server.close(() => resolve(taken));
    });
  });
}
