import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export const API_KEY = 'acme-key-4711';
export const SIGNING_SECRET = 'acme-signs-its-events';
/** A number that nobody has. */
export const NOBODY = '+4915100000000';

export type Taken = Readonly<Record<string, string | null>>;

export interface FakeAcme {
  readonly port: number;
  readonly url: string;
  /** What it took, once for each reference. */
  readonly taken: readonly Taken[];
  /** Calls whoever gave it a message, as the message asked for. @returns the answer’s status */
  tell(reference: string, status: string, secret?: string): Promise<number>;
  close(): Promise<void>;
}

/** Acme's API, as far as the plugin knows it. */
export async function aFakeAcme(): Promise<FakeAcme> {
  const taken = new Map<string, Taken>();
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const answer = (status: number, said: object) => response.writeHead(status).end(JSON.stringify(said));
      if (request.headers.authorization !== `Bearer ${API_KEY}`) return answer(401, { error: 'Who are you?' });
      if (request.method === 'GET') return answer(200, { account: 'acme' });
      if (body.to === NOBODY) return answer(422, { error: 'There is no such number.' });
      taken.set(body.reference ?? '', body);
      return answer(201, { id: `acme-${body.reference}` });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    get taken() {
      return [...taken.values()];
    },
    tell: async (reference, status, secret = SIGNING_SECRET) => {
      const eventsUrl = taken.get(reference)?.eventsUrl ?? '';
      const event = anEvent(reference, status, secret);
      return (await fetch(eventsUrl, { method: 'POST', ...event })).status;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Taken> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return parts.length === 0 ? {} : (JSON.parse(Buffer.concat(parts).toString()) as Taken);
}

/** An event as Acme tells it, with the signature over its bytes. */
export function anEvent(reference: string, status: string, secret: string) {
  const body = Buffer.from(JSON.stringify({ eventId: randomUUID(), reference, status, at: new Date().toISOString() }));
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  return { body, headers: { 'content-type': 'application/json', 'x-acme-signature': signature } };
}
