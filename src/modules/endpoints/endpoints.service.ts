import { Injectable, type OnModuleInit } from '@nestjs/common';
import { noteAct, noteChange } from '../../platform/audit/index.js';
import { type ClientId, Database, newId, type Tx } from '../../platform/database/index.js';
import { InvalidInput, NotFound } from '../../platform/errors/index.js';
import { faultOfExpression } from '../../platform/expressions/index.js';
import { OutboundCatalogue } from '../../platform/outbox/index.js';
import { Egress, EgressRefused, masked } from '../../platform/security/index.js';
import { isWebhookSecret, SigningSecrets } from '../signing/index.js';
import type { EndpointLimits, EndpointRecord, EndpointWish } from './endpoint.js';
import { EndpointHeaders } from './endpoint-headers.js';
import { DEFAULT_IN_FLIGHT, literalOf } from './endpoint.rules.js';
import { EndpointSwitch } from './endpoint-switch.js';
import { TooManyEndpoints } from './endpoints.errors.js';
import { ENDPOINT_OUTBOUND } from './endpoints.events.js';
import { EndpointsRepository } from './endpoints.repository.js';
import { unknownPatterns } from './event-types.rules.js';
import { FIRST_PACE } from './turns.rules.js';

/** What a caller sends; of a change only some of it. */
export interface EndpointRequest {
  readonly url?: string;
  readonly eventTypes?: readonly string[];
  readonly description?: string | null;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly limits?: Partial<EndpointLimits>;
  readonly payload?: EndpointWish['payload'];
  readonly filter?: string | null;
  readonly enabled?: boolean;
  readonly secret?: string;
}

const NEW: EndpointWish = {
  ...{ url: '', eventTypes: [], description: null, payload: 'full', filter: null },
  limits: { perSecond: null, inFlight: DEFAULT_IN_FLIGHT },
};

@Injectable()
export class EndpointsService implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly endpoints: EndpointsRepository,
    private readonly headers: EndpointHeaders,
    private readonly signing: SigningSecrets,
    private readonly catalogue: OutboundCatalogue,
    private readonly egress: Egress,
    private readonly toggle: EndpointSwitch,
  ) {}

  onModuleInit(): void {
    this.catalogue.declare(ENDPOINT_OUTBOUND);
  }

  /** @returns the endpoint and its secret, which is not to be had again */
  async create(
    tx: Tx,
    clientId: ClientId,
    request: EndpointRequest,
  ): Promise<{ endpoint: EndpointRecord; secret: string }> {
    const wish = this.wished(NEW, request);
    const headers = this.headers.checked(request.headers ?? {});
    if (request.secret !== undefined && !isWebhookSecret(request.secret))
      throw InvalidInput.at('/secret', 'webhook_secret', 'A secret is whsec_ and the Base64 of 24 to 64 bytes.');
    if (!(await this.endpoints.hasRoom(tx, clientId))) throw new TooManyEndpoints();
    const id = newId();
    const status = request.enabled === false ? 'disabled' : 'active';
    const sealed = this.headers.seal({ clientId, endpointId: id }, headers);
    await this.endpoints.insert(tx, clientId, { ...wish, id, headers: sealed, status, pace: FIRST_PACE });
    const secret = await this.signing.create(tx, clientId, id, request.secret);
    await this.toggle.changed(tx, clientId);
    const after = { ...wish, headers: masked(headers), status };
    noteAct(tx, clientId, { action: 'endpoint.created', resource: named(id), after });
    return { endpoint: await this.found(tx, clientId, id), secret };
  }

  async get(clientId: ClientId, id: string): Promise<EndpointRecord> {
    const endpoint = await this.endpoints.find(clientId, id);
    if (!endpoint) throw new NotFound();
    return endpoint;
  }

  page(clientId: ClientId, limit: number, afterId: string | null): Promise<EndpointRecord[]> {
    return this.endpoints.page(clientId, limit, afterId);
  }

  change(clientId: ClientId, id: string, request: EndpointRequest): Promise<EndpointRecord> {
    return this.database.transaction(async (tx) => {
      const before = await this.endpoints.lock(tx, clientId, id);
      if (!before) throw new NotFound();
      const wish = this.wished(before, request);
      const headers = this.headersOf(before, request);
      await this.endpoints.update(tx, clientId, id, wish, headers);
      this.noteUpdate(tx, before, { wish, headers });
      if (request.enabled === true && before.status === 'disabled') await this.toggle.enable(tx, clientId, id);
      else if (wish.url !== before.url) await this.toggle.anew(tx, clientId, id);
      else if (request.limits) await this.toggle.wake(tx, clientId, id);
      if (request.enabled === false) await this.toggle.disable(tx, [{ clientId, endpointId: id, reason: 'manual' }]);
      await this.toggle.changed(tx, clientId);
      return this.found(tx, clientId, id);
    });
  }

  remove(clientId: ClientId, id: string): Promise<void> {
    return this.database.transaction(async (tx) => {
      const before = await this.endpoints.lock(tx, clientId, id);
      if (!before) throw new NotFound();
      await this.endpoints.delete(tx, clientId, id);
      noteAct(tx, clientId, { action: 'endpoint.deleted', resource: named(id), before: said(before) });
      await this.signing.remove(tx, clientId, [id]);
      await this.toggle.changed(tx, clientId);
    });
  }

  /** @returns the new secret, which is not to be had again */
  async rotate(tx: Tx, clientId: ClientId, id: string, overlapSeconds: number): Promise<string> {
    if (!(await this.endpoints.find(clientId, id, tx))) throw new NotFound();
    noteAct(tx, clientId, { action: 'endpoint.secret_rotated', resource: named(id), after: { overlapSeconds } });
    return this.signing.rotate(tx, clientId, id, { overlapSeconds });
  }

  /** Headers that were sent again are compared by what they say, and shown without. */
  private noteUpdate(
    tx: Tx,
    before: EndpointRecord,
    { wish, headers }: { readonly wish: EndpointWish; readonly headers: EndpointRecord['headers'] },
  ): void {
    const { clientId, id } = before;
    const whole = (wished: EndpointWish, sealed: EndpointRecord['headers']): object => ({
      ...said(wished),
      ...(headers !== before.headers && { headers: this.headers.open({ clientId, endpointId: id }, sealed) }),
    });
    const act = { action: 'endpoint.updated', resource: named(id) } as const;
    noteChange(tx, clientId, { ...act, before: whole(before, before.headers), after: whole(wish, headers) }, (part) =>
      'headers' in part ? { ...part, headers: masked(part.headers) } : part,
    );
  }

  private async found(tx: Tx, clientId: ClientId, id: string): Promise<EndpointRecord> {
    const endpoint = await this.endpoints.find(clientId, id, tx);
    if (!endpoint) throw new NotFound();
    return endpoint;
  }

  private headersOf({ clientId, id, headers }: EndpointRecord, request: EndpointRequest) {
    if (request.headers === undefined) return headers;
    const endpoint = { clientId, endpointId: id };
    return this.headers.seal(endpoint, this.headers.checked(request.headers, this.headers.open(endpoint, headers)));
  }

  /** @throws InvalidInput with every fault */
  private wished(before: EndpointWish, request: EndpointRequest): EndpointWish {
    const { url, eventTypes, description, payload, filter } = { ...before, ...given(request) };
    const faults = [
      ...this.faultsOfUrl(request.url),
      ...this.faultsOfTypes(request.eventTypes ?? []),
      ...faultsOfFilter(request.filter),
    ];
    if (faults.length > 0) throw new InvalidInput(faults);
    const limits = { ...before.limits, ...given(request.limits ?? {}) };
    return { url, eventTypes: [...new Set(eventTypes)], description, limits, payload, filter };
  }

  /** A name's addresses are looked at when it is called: they may be others by then. */
  private faultsOfUrl(url: string | undefined) {
    const address = url === undefined ? null : literalOf(url);
    if (address === null || this.egress.isAllowed(address)) return [];
    return [{ pointer: '/url', code: 'refused_address', message: new EgressRefused().message }];
  }

  private faultsOfTypes(eventTypes: readonly string[]) {
    const types = this.catalogue.all().map(({ type }) => type);
    return unknownPatterns(eventTypes, types).map((at) => ({
      ...{ pointer: `/eventTypes/${at}`, code: 'unknown_event_type' },
      message: `No event is of this type; there are: ${types.join(', ')}`,
    }));
  }
}

const named = (id: string) => ({ type: 'endpoint', id });
const said = ({ url, eventTypes, description, limits, payload, filter }: EndpointWish): object => {
  return { url, eventTypes, description, limits, payload, filter };
};

function faultsOfFilter(filter: string | null | undefined) {
  const fault = typeof filter === 'string' ? faultOfExpression(filter) : null;
  return fault === null ? [] : [{ pointer: '/filter', code: 'expression', message: `It is no JMESPath: ${fault}` }];
}

/** Without what was left out. */
const given = <T extends object>(request: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined)) as never;
