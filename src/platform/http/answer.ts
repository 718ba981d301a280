import { createServer, type RequestListener } from 'node:http';
import { applyDecorators, StreamableFile } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { ApiHeader } from '@nestjs/swagger';
import type { Response } from 'express';
import { PlainUpgrade } from './plain-upgrade.js';

/** A body with the status the service decided on: 201 for the first, 200 for what was there already. */
export class Answer<T> {
  constructor(
    readonly status: number,
    readonly body: T,
    readonly replayed = false,
  ) {}
}

/** With `LINGER_SECONDS` and `DRAIN_SECONDS` before it within the 50 s that a container has to stop. */
const CLOSE_WITHIN_MS = 10_000;

/** Nest on Express, with answers written the short way: JSON of a known length, as nearly all are. */
export class AnswerAdapter extends ExpressAdapter {
  /** @param closeWithinMs how long answers that are under way, an export or a trial of a provider, have when it closes */
  constructor(private readonly closeWithinMs = CLOSE_WITHIN_MS) {
    super();
  }

  override initHttpServer(): void {
    this.httpServer = createServer({ IncomingMessage: PlainUpgrade }, this.getInstance<RequestListener>());
  }

  /** Node's own waits for every answer that is being read, for as long as its reader likes. */
  override async close(): Promise<void> {
    const { httpServer: server } = this;
    const cut = setTimeout(() => server.closeAllConnections(), this.closeWithinMs);
    await super.close();
    clearTimeout(cut);
  }

  override reply(response: Response, body: unknown, statusCode?: number): unknown {
    if (body instanceof Answer) {
      if (body.replayed) response.setHeader('Idempotency-Replayed', 'true');
      return this.reply(response, body.body, body.status);
    }
    if (typeof body !== 'object' || body === null || body instanceof StreamableFile || response.headersSent)
      return super.reply(response, body, statusCode);
    if (statusCode !== undefined) response.statusCode = statusCode;
    const json = JSON.stringify(body);
    if (!response.hasHeader('Content-Type')) response.setHeader('Content-Type', 'application/json; charset=utf-8');
    response.setHeader('Content-Length', Buffer.byteLength(json));
    return response.end(json); // as text it leaves with the head, in one write
  }
}

/** A POST that creates: takes `Idempotency-Key`, and may answer with an {@link Answer}. */
export const Idempotent = () =>
  applyDecorators(
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description:
        'Up to 255 characters; within 24 h the same key and body get the same answer, with `Idempotency-Replayed: true`',
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    }),
  );
