import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '../actor.js';

let received = 0;

/** Answers every call with an empty 200. @returns its address */
async function listen(): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      received++;
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** How many calls it has answered. */
const count = (): number => received;

export const httpSink = { listen, count };
export type HttpSinkActor = typeof httpSink;
serve(httpSink);
