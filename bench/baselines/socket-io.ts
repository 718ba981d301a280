import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { Server } from 'socket.io';
import { v7 } from 'uuid';
import { serve } from '../actor.js';

interface Wish {
  readonly databaseUrl: string;
  /** `store`: a message is stored before it is acknowledged. `relay`: it goes to the whole room, and is not stored. */
  readonly does: 'store' | 'relay';
}

interface Message {
  readonly roomId: string;
  readonly content: string;
}

const ROOM = 'room';
const MAX_BATCH = 250;
const INSERT = {
  name: 'insert',
  text: `INSERT INTO bare_socket_messages (id, room_id, content)
         SELECT * FROM json_to_recordset($1) AS m (id uuid, room_id uuid, content text)`,
};

/** Bare Socket.IO: WebSocket only, no adapter, no keys. */
async function listen({ databaseUrl, does }: Wish): Promise<string> {
  const http = createServer();
  const io = new Server(http, {
    path: '/sockets',
    serveClient: false,
    transports: ['websocket'],
    perMessageDeflate: false,
  });
  const store = does === 'store' ? await grouped(databaseUrl) : undefined;
  io.on('connection', (socket) => {
    void socket.join(ROOM);
    socket.on('message.send', (message: Message, acknowledge: (reply: object) => void) => {
      const sent = { id: v7(), ...message, createdAt: new Date().toISOString() };
      if (store) return void store(sent).then(() => acknowledge({ ok: sent }));
      io.to(ROOM).emit('message.created', viewOf(sent), { roomId: sent.roomId, offset: 1, ts: sent.createdAt });
      acknowledge({ ok: {} });
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

/** As large as the service's own, so that both write the same number of bytes. */
const viewOf = (message: Message & { id: string; createdAt: string }): object => ({
  ...message,
  ...{ seq: 1, offset: 1, senderId: 'user-1', type: 'user', contentType: 'text', attachments: [], replyTo: null },
  ...{
    mentions: [],
    metadata: {},
    clientMessageId: null,
    reactions: [],
    pinnedAt: null,
    editedAt: null,
    deletedAt: null,
  },
});

type Stored = Message & { readonly id: string };

/** What arrives while an INSERT is in the air shares the next one. */
async function grouped(databaseUrl: string): Promise<(message: Stored) => Promise<void>> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  await pool.query(
    'CREATE TABLE IF NOT EXISTS bare_socket_messages (id uuid PRIMARY KEY, room_id uuid, content text NOT NULL, created_at timestamptz NOT NULL DEFAULT now())',
  );
  const waiting: { message: Stored; done: () => void }[] = [];
  let flights = 0;
  const flush = async (): Promise<void> => {
    for (let batch = waiting.splice(0, MAX_BATCH); batch.length > 0; batch = waiting.splice(0, MAX_BATCH)) {
      const rows = batch.map(({ message: { id, roomId, content } }) => ({ id, room_id: roomId, content }));
      await pool.query({ ...INSERT, values: [JSON.stringify(rows)] });
      batch.forEach(({ done }) => done());
    }
    flights--;
  };
  return (message) =>
    new Promise((done) => {
      waiting.push({ message, done });
      if (flights >= 2) return;
      flights++;
      setImmediate(() => void flush());
    });
}

export const socketIo = { listen };
export type SocketIoActor = typeof socketIo;
serve(socketIo);
