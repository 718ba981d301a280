import { describe, expect, it } from '@jest/globals';
import type { Principal } from '../security/index.js';
import { CLOSE, type Close } from './close.js';
import { BUFFER_BYTES, Connection } from './connection.js';
import { PreparedPush } from './prepared-push.js';

const principal: Principal = {
  clientId: 'a-client',
  keyId: 'a-key',
  keyType: 'scoped',
  scopes: new Set(),
  userId: 'ann',
  expiresAt: null,
  limits: {},
  allowedOrigins: [],
};

class Socket extends Connection {
  buffered = 0;
  readonly written: string[] = [];
  readonly closes: Close[] = [];

  constructor() {
    super(principal);
  }
  protected write({ push }: PreparedPush): void {
    this.written.push(push.ev);
  }
  protected end(close: Close): void {
    this.closes.push(close);
  }
}

const durable = PreparedPush.toOne(principal, 'message.created', {});
const ephemeral = PreparedPush.toOne(principal, 'typing.started', {});

describe('a socket whose peer reads slowly', () => {
  it('goes without what is of the moment first', () => {
    const socket = new Socket();
    socket.buffered = BUFFER_BYTES / 2 + 1;

    expect([socket.push(ephemeral), socket.push(durable)]).toEqual([false, true]);
    expect(socket.written).toEqual(['message.created']);
    expect(socket.closes).toEqual([]);
  });

  it('is closed once for the first that is not, and told nothing after it', () => {
    const socket = new Socket();
    socket.buffered = BUFFER_BYTES + 1;

    expect(socket.push(ephemeral)).toBe(false);
    expect(socket.closes).toEqual([]);
    expect([socket.push(durable), socket.push(durable)]).toEqual([false, false]);
    expect(socket.closes).toEqual([CLOSE.slowConsumer]);
    socket.buffered = 0;
    expect(socket.push(durable)).toBe(false);
    expect(socket.written).toEqual([]);
  });
});

describe('what follows the end of a socket', () => {
  it('happens once, and at once when it has ended already', () => {
    const socket = new Socket();
    const ran: number[] = [];
    socket.onGone(() => ran.push(1));

    socket.gone();
    socket.onGone(() => ran.push(2));

    expect(ran).toEqual([1, 2]);
  });
});
