import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { v7 } from 'uuid';
import { serve } from '../actor.js';

const POOL = 20;
const INSERT = {
  name: 'insert',
  text: 'INSERT INTO bare_messages (id, room_id, body) VALUES ($1, $2, $3) RETURNING created_at',
};

/** Bare `node:http`: one INSERT, in a transaction of its own, for each request. */
async function listen({ databaseUrl }: { databaseUrl: string }): Promise<string> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: POOL });
  await pool.query(
    'CREATE TABLE IF NOT EXISTS bare_messages (id uuid PRIMARY KEY, room_id uuid, body jsonb NOT NULL, created_at timestamptz NOT NULL DEFAULT now())',
  );
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as { roomId?: string };
      const id = v7();
      pool.query<{ created_at: Date }>({ ...INSERT, values: [id, body.roomId ?? null, JSON.stringify(body)] }).then(
        ({ rows: [row] }) => {
          const answer = JSON.stringify({ id, ...body, createdAt: row?.created_at });
          response.writeHead(201, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(answer) });
          response.end(answer);
        },
        () => response.writeHead(500).end(),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export const httpInsert = { listen };
export type HttpInsertActor = typeof httpInsert;
serve(httpInsert);
