import type { NodeClient, Scope } from '@sentry/node';
import type { ResolvedEnv } from '../../config/index.js';
import { scrubbed } from './scrub.js';

/** What a report may say besides the error itself: names and ids of ours, never what people wrote or who they are. */
const TAGS = [
  ...['requestId', 'clientId', 'keyId', 'deliveryId', 'workId', 'connectionId'],
  ...['method', 'route', 'command', 'kind', 'job', 'context'],
];
const FLUSH_MS = 2_000;

interface Sentry {
  readonly client: NodeClient;
  readonly newScope: () => Scope;
}

/**
 * Reports faults of ours to Sentry when there is a `SENTRY_DSN`; without one Sentry is not even loaded. The client stands
 * alone: none of Sentry's hooks into Node, HTTP or other libraries, which cost time on every request and see bodies.
 */
export class Faults {
  private constructor(private readonly sentry?: Sentry) {}

  static async to({ SENTRY_DSN: dsn, ENVIRONMENT: environment }: ResolvedEnv): Promise<Faults> {
    if (!dsn) return new Faults();
    const { NodeClient, Scope, defaultStackParser, linkedErrorsIntegration, makeNodeTransport } =
      await import('@sentry/node');
    const client = new NodeClient({
      dsn,
      environment,
      // Nothing collects any of this here, and nothing that is added later shall.
      dataCollection: { userInfo: false, cookies: false, httpHeaders: false, httpBodies: [], urlQueryParams: false },
      transport: makeNodeTransport,
      stackParser: defaultStackParser,
      integrations: [linkedErrorsIntegration()],
      enableRuntimeChannelInjection: false,
      beforeSend: (event) => scrubbed(event),
    });
    client.init();
    return new Faults({ client, newScope: () => new Scope() });
  }

  report(error: unknown, about: Readonly<Record<string, unknown>> = {}): void {
    if (!this.sentry) return;
    const { client, newScope } = this.sentry;
    const scope = newScope();
    scope.setClient(client);
    for (const name of TAGS) {
      const value = about[name];
      if (typeof value === 'string' && value) scope.setTag(name, value);
    }
    client.captureException(error, undefined, scope);
  }

  /** Resolves when what was reported is on its way, or after two seconds. */
  async flush(): Promise<void> {
    await this.sentry?.client.flush(FLUSH_MS);
  }
}
