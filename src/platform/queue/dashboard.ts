import { createBullBoard } from '@bull-board/api';
import { BullAdapter } from '@bull-board/api/bullAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import Bull from 'bull';
import type { RequestHandler } from 'express';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { DomainError, Unavailable } from '../errors/index.js';
import { asDomainError, pagePolicy, sendProblem } from '../http/index.js';
import { Redis } from '../redis/index.js';
import { Authenticator } from '../security/index.js';
import { bullPrefix } from './bull-options.js';

const USER = 'admin';
const CHALLENGE = 'Basic realm="chatapi", charset="UTF-8"';

/**
 * The Bull dashboard: what is on the queues, to look at. It changes nothing, so that a page elsewhere cannot use an
 * operator's browser for that; and nothing needs to be changed, since jobs are hints and the work is in PostgreSQL.
 */
@Injectable()
export class QueueDashboard {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly authenticator: Authenticator,
    private readonly redis: Redis,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  /** What to mount at the path, outside the API. */
  handlers(path: string): RequestHandler[] {
    return [pagePolicy, this.operatorOnly, readOnly, this.whileRedisIsUp, this.board(path)];
  }

  /** HTTP Basic: the password is `ADMIN_KEY`. */
  private readonly operatorOnly: RequestHandler = (request, response, next) => {
    const { user, password } = credentials(request.headers.authorization);
    const key = user === USER ? password : '';
    const known = password === undefined ? Promise.reject(notTold()) : this.prove(key, request.ip);
    known.then(
      () => next(),
      (error: unknown) => {
        response.setHeader('WWW-Authenticate', CHALLENGE);
        sendProblem(request, response, asDomainError(error));
      },
    );
  };

  private readonly whileRedisIsUp: RequestHandler = (request, response, next) => {
    if (this.redis.isUp) return next();
    sendProblem(
      request,
      response,
      new Unavailable('Redis is away. Work goes on without hints; /metrics says how much there is.', 2),
    );
  };

  private prove(key = '', address = ''): Promise<void> {
    return this.authenticator.assertOperator({ key, address });
  }

  private board(path: string): RequestHandler {
    const serverAdapter = new ExpressAdapter();
    serverAdapter.setBasePath(path);
    createBullBoard({
      queues: this.queueNames().map((name) => new BullAdapter(this.handleOf(name), { readOnlyMode: true })),
      serverAdapter,
      options: { uiConfig: { boardTitle: 'ChatAPI queues' } },
    });
    return serverAdapter.getRouter() as RequestHandler;
  }

  /** Every queue that a module registered. */
  private queueNames(): string[] {
    const queues = this.discovery
      .getProviders()
      .flatMap(({ instance }) => (instance instanceof Bull ? [instance] : []));
    return [...new Set(queues.map(({ name }) => name))].sort();
  }

  /** On the connection whose commands fail at once: the queues' own ones wait until Redis is back. */
  private handleOf(name: string): Bull.Queue {
    const options = { prefix: bullPrefix(this.env), createClient: () => this.redis.commands, skipVersionCheck: true };
    const handle = new Bull(name, options);
    handle.on('error', () => undefined); // the connection says it itself
    return handle;
  }
}

const notTold = (): DomainError =>
  new DomainError('unauthenticated', 'unauthenticated', `Log in as ${USER}, with the operator’s ADMIN_KEY.`);

const readOnly: RequestHandler = (request, response, next) => {
  if (request.method === 'GET' || request.method === 'HEAD') return next();
  sendProblem(request, response, new DomainError('forbidden', 'forbidden', 'The dashboard is to look at only.'));
};

function credentials(header = ''): { user?: string; password?: string } {
  const [scheme, encoded] = header.split(' ');
  if (scheme?.toLowerCase() !== 'basic' || !encoded) return {};
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const at = text.indexOf(':');
  return at === -1 ? {} : { user: text.slice(0, at), password: text.slice(at + 1) };
}
