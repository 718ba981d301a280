import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Database, GroupCommit } from '../../platform/database/index.js';
import { Fanout, type Push } from '../../platform/realtime/index.js';
import { SettlementService } from './settlement.service.js';

interface Taken {
  readonly clientId: string;
  readonly id: string;
}

const COMMITS = { lanes: 1, maxBatch: 200, maxWaiting: 20_000, laneOf: () => 0 } as const;

/** On the node whose sockets took a push: notes that it is delivered. Several nodes may note it; it counts once. */
@Injectable()
export class PushReceipts implements OnModuleInit {
  private readonly log = new Logger(PushReceipts.name);
  private readonly commits: GroupCommit<Taken, null>;

  constructor(
    private readonly fanout: Fanout,
    database: Database,
    settlement: SettlementService,
  ) {
    const write = async (taken: readonly Taken[]) => {
      const unique = [...new Map(taken.map((one) => [one.id, one])).values()];
      await database.transaction((tx) => settlement.taken(tx, unique));
      return taken.map(() => null);
    };
    this.commits = new GroupCommit({ write, ...COMMITS });
  }

  onModuleInit(): void {
    this.fanout.onTaken('notification.created', (push) => this.note(push));
  }

  private note({ clientId, data }: Push): void {
    const { id } = data as { id: string };
    this.commits
      .append({ clientId, id })
      .catch((err: unknown) => this.log.warn({ msg: 'A receipt was not written', err, clientId, deliveryId: id }));
  }
}
