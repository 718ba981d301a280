import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { expect, it } from '@jest/globals';
import { AnswerAdapter } from './answer.js';

/** Listens, and is told what to do with `GET /`. @returns a connection that has asked for it */
async function asked(adapter: AnswerAdapter, answer: (response: ServerResponse) => void): Promise<Socket> {
  adapter.initHttpServer();
  adapter.get('/', (_request: unknown, response: ServerResponse) => answer(response));
  const server = adapter.getHttpServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const caller = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const request = once(server, 'request');
  caller.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await request;
  return caller;
}

it('closes though somebody does not read an answer that comes bit by bit, and breaks it off', async () => {
  const adapter = new AnswerAdapter(50);
  const reader = await asked(adapter, (response) => void endless().pipe(response));
  await once(reader, 'readable'); // it has begun, and no more of it is read

  await adapter.close();

  const ended = once(reader, 'close');
  reader.on('error', () => undefined).resume();
  await expect(ended).resolves.toBeDefined();
});

it('closes after an answer that was under way', async () => {
  const adapter = new AnswerAdapter(60_000);
  let finish = (): void => undefined;
  const caller = await asked(adapter, (response) => (finish = () => response.end('Done.')));

  const closed = adapter.close();
  finish();
  const [text] = (await once(caller.setEncoding('utf8'), 'data')) as [string];
  await closed;

  expect(text).toMatch(/^HTTP\/1\.1 200 OK[^]*Done\.$/);
});

/** As much as is asked for. */
function endless(): Readable {
  return new Readable({
    read(size) {
      this.push(Buffer.alloc(size));
    },
  });
}
