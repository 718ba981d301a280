import { createServer, Socket } from 'node:net';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { TickCork } from './tick-cork.js';

/** What reaches the system, call by call. */
function aStream() {
  const calls: string[][] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: string, _encoding, done) => {
      calls.push([chunk]);
      done();
    },
    writev: (chunks, done) => {
      calls.push(chunks.map(({ chunk }) => chunk as string));
      done();
    },
  });
  return { calls, stream };
}

describe('a cork for a tick', () => {
  it('lets what one tick writes leave together, and the next tick’s after it', async () => {
    const { calls, stream } = aStream();
    const cork = new TickCork(stream);
    for (const text of ['a', 'b', 'c']) {
      cork.hold();
      stream.write(text);
    }
    expect(calls).toEqual([]);
    await new Promise(process.nextTick);
    expect(calls).toEqual([['a', 'b', 'c']]);

    cork.hold();
    stream.write('d');
    await new Promise(process.nextTick);
    expect(calls).toEqual([['a', 'b', 'c'], ['d']]);
  });

  it('takes along what promises write in the same turn', async () => {
    const { calls, stream } = aStream();
    const cork = new TickCork(stream);
    const write = async (text: string): Promise<void> => {
      await Promise.resolve();
      cork.hold();
      stream.write(text);
    };
    await Promise.all(['a', 'b'].map(write));
    await new Promise(setImmediate);

    expect(calls).toEqual([['a', 'b']]);
  });

  it('does nothing where there is no stream any more', () => {
    expect(() => new TickCork(null).hold()).not.toThrow();
  });

  it('is harmless on a stream that ends meanwhile', async () => {
    const server = createServer((peer) => peer.destroy());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const socket = new Socket().on('error', () => undefined).connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const cork = new TickCork(socket);
    cork.hold();
    socket.write('x');
    socket.destroy();
    await new Promise(setImmediate);
    server.close();

    expect(socket.destroyed).toBe(true);
  });
});
