import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { DomainError } from '../errors/index.js';
import { Authenticator } from '../security/index.js';
import { Metrics } from './metrics.js';

const BEARER = /^bearer +(\S+)$/i;

/**
 * `/metrics` and `/live` on a port of their own, when `METRICS_PORT` names one: a worker serves nothing else, and the port of
 * an API process is behind a load balancer that a scraper cannot look through.
 */
@Injectable()
export class MetricsServer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(MetricsServer.name);
  private server?: Server;

  constructor(
    private readonly metrics: Metrics,
    private readonly authenticator: Authenticator,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { METRICS_PORT: port, HOST: host } = this.env;
    if (port === undefined) return;
    this.server = createServer((request, response) => {
      this.answer(request, response).catch((error: unknown) => {
        this.log.error({ msg: 'Metrics could not be told', err: error });
        response.destroy();
      });
    });
    this.server.listen(port, host);
    await once(this.server, 'listening');
    this.log.log(`Metrics are at port ${(this.server.address() as AddressInfo).port}.`);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => (this.server ? this.server.close(resolve) : resolve(undefined)));
  }

  private async answer({ method, url, headers, socket }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (method !== 'GET' || (url !== '/metrics' && url !== '/live')) return say(response, 404, 'Not found\n');
    if (url === '/live') return say(response, 200, '{"status":"ok"}\n', 'application/json');
    const [, key = ''] = BEARER.exec(headers.authorization ?? '') ?? [];
    try {
      await this.authenticator.assertOperator({ key, address: socket.remoteAddress ?? '' });
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return say(response, error.kind === 'rate_limited' ? 429 : 401, 'The operator’s ADMIN_KEY is the way in\n');
    }
    return say(response, 200, await this.metrics.registry.metrics(), this.metrics.registry.contentType);
  }
}

function say(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(text);
}
