import { Injectable } from '@nestjs/common';
import { noteAct } from '../../platform/audit/index.js';
import { type ClientId, newId, type Tx } from '../../platform/database/index.js';
import { InvalidInput, NotFound } from '../../platform/errors/index.js';
import { WORK_PRIORITIES, WorkEngine } from '../../platform/work/index.js';
import { EndpointDisabled } from './endpoints.errors.js';
import { WEBHOOK_REPLAYS } from './endpoints.jobs.js';
import { EndpointsRepository } from './endpoints.repository.js';
import type { ReplayRange, ReplayRecord, ReplayWish } from './replay.js';
import { ReplaysRepository } from './replays.repository.js';

/** Either ids or a span of time. */
export interface ReplayRequest {
  readonly from?: string;
  readonly to?: string;
  readonly only?: ReplayWish;
  readonly ids?: readonly string[];
}

/** Takes on wishes to be told again, as durable work. */
@Injectable()
export class ReplaysService {
  constructor(
    private readonly endpoints: EndpointsRepository,
    private readonly replays: ReplaysRepository,
    private readonly work: WorkEngine,
  ) {}

  async submit(tx: Tx, clientId: ClientId, endpointId: string, request: ReplayRequest): Promise<ReplayRecord> {
    const range = rangeOf(request);
    const endpoint = await this.endpoints.find(clientId, endpointId, tx);
    if (!endpoint) throw new NotFound();
    if (endpoint.status === 'disabled') throw new EndpointDisabled();
    const id = newId();
    const count = await this.replays.count(tx, clientId, endpointId, range);
    const replay = await this.replays.insert(tx, clientId, { ...range, id, endpointId, count });
    const work = { id, clientId, dedupeKey: id, priority: WORK_PRIORITIES.low, runAt: null, expiresAt: null };
    await this.work.accept(tx, WEBHOOK_REPLAYS, [{ ...work, requestId: null }]);
    const { from, to, wish, ids } = range;
    const after = { replayId: id, from, to, wish, ids: ids?.length ?? null, count };
    const resource = { type: 'endpoint', id: endpointId };
    noteAct(tx, clientId, { action: 'endpoint.replayed', resource, after });
    return replay;
  }

  async get(clientId: ClientId, endpointId: string, id: string): Promise<ReplayRecord> {
    const replay = await this.replays.find(clientId, endpointId, id);
    if (!replay) throw new NotFound();
    return replay;
  }
}

/** @throws InvalidInput */
function rangeOf({ from, to, only, ids }: ReplayRequest): ReplayRange {
  if (ids) {
    const others = Object.entries({ from, to, only }).filter(([, value]) => value !== undefined);
    if (others.length > 0)
      throw new InvalidInput(
        others.map(([name]) => ({
          pointer: `/${name}`,
          code: 'not_with_ids',
          message: `${name} does not go with ids`,
        })),
      );
    return { wish: 'all', from: null, to: null, ids: [...new Set(ids)] };
  }
  if (from === undefined) throw InvalidInput.at('/from', 'required', 'Name the events by from, or by ids.');
  const range = {
    wish: only ?? 'all',
    from: new Date(from),
    to: to === undefined ? new Date() : new Date(to),
    ids: null,
  };
  if (range.from >= range.to) throw InvalidInput.at('/to', 'order', 'to is after from');
  return range;
}
