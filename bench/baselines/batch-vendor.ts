import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { serve } from '../actor.js';

/** About what a vendor takes for many. */
const ANSWER_MS = 100;
const RECIPIENT = Buffer.from('name="to"');

let calls = 0;
let recipients = 0;

/** As Mailgun takes batches: counts calls and their recipients. @returns its address */
async function listen(): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      calls++;
      recipients += countIn(Buffer.concat(chunks));
      void delay(ANSWER_MS).then(() => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ id: `<${calls}@mg.example.com>`, message: 'Queued. Thank you.' }));
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function countIn(body: Buffer): number {
  let count = 0;
  for (let at = body.indexOf(RECIPIENT); at !== -1; at = body.indexOf(RECIPIENT, at + 1)) count++;
  return count;
}

const counted = (): { calls: number; recipients: number } => ({ calls, recipients });

export const batchVendor = { listen, counted };
export type BatchVendorActor = typeof batchVendor;
serve(batchVendor);
