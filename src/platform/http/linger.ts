import type { ServerResponse } from 'node:http';
import { Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ENV, type ResolvedEnv } from '../../config/index.js';

/**
 * Longer than a load balancer keeps a connection that it does not use (nginx and the clouds' own: 60 s), so that it is
 * the one to close it: a request must not meet a connection that is being closed from this side.
 */
export const KEEP_ALIVE_MS = 75_000;
const LOOK_EVERY_MS = 20;

/**
 * A stopping process goes on answering for a while, so that load balancers can notice that it goes. Each answer closes
 * its connection. Then it no longer listens, and waits as long again for what still comes on connections that are kept from
 * before: Node itself would close them with the port, under the request that is on its way.
 */
@Injectable()
export class Linger implements OnModuleDestroy, BeforeApplicationShutdown {
  private finished: Promise<void> = Promise.resolve();

  constructor(
    private readonly host: HttpAdapterHost,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  /** Begins with the draining of sockets and work, and goes on beside it. */
  onModuleDestroy(): void {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    const ms = this.env.LINGER_SECONDS * 1_000;
    if (!server.listening || ms === 0) return;
    server.prependListener('request', (_request, response: ServerResponse) => (response.shouldKeepAlive = false));
    this.finished = leave(server, ms);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.finished;
  }
}

async function leave(server: Server, ms: number): Promise<void> {
  await delay(ms);
  Server.prototype.close.call(server); // of the port alone: the close of HTTP's server is the one that breaks off
  const countConnections = promisify(server.getConnections.bind(server));
  for (const deadline = Date.now() + ms; Date.now() < deadline; await delay(LOOK_EVERY_MS))
    if ((await countConnections()) === 0) return;
}
