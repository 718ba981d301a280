import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Readable } from 'node:stream';
import { expect, it } from '@jest/globals';
import { AnswerAdapter } from './answer.js';

it('closes though somebody does not read an answer that comes bit by bit, and breaks it off', async () => {
  const adapter = new AnswerAdapter();
  adapter.initHttpServer();
  adapter.get('/', (_request: unknown, response: ServerResponse) => void endless().pipe(response));
  const server = adapter.getHttpServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const reader = connect((server.address() as AddressInfo).port, '127.0.0.1', () =>
    reader.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
  );
  await once(reader, 'readable'); // it has begun, and no more of it is read

  await adapter.close();

  const ended = once(reader, 'close');
  reader.on('error', () => undefined).resume();
  await expect(ended).resolves.toBeDefined();
});

/** As much as is asked for. */
function endless(): Readable {
  return new Readable({
    read(size) {
      this.push(Buffer.alloc(size));
    },
  });
}
