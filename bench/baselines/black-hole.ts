import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { serve } from '../actor.js';

/** Takes connections and says nothing. @returns its address */
async function listen(): Promise<string> {
  const server = createServer((socket) => socket.on('error', () => undefined).resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export const blackHole = { listen };
export type BlackHoleActor = typeof blackHole;
serve(blackHole);
