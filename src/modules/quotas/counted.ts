import type { ClientId } from '../../platform/database/index.js';

/** What rollups say of a client. */
export interface Counts {
  readonly messages: number;
  readonly notifications: number;
  /** Deliveries, by channel. */
  readonly channels: Readonly<Record<string, number>>;
}

/** Says what a client has done since, where no quota has counted it. */
export abstract class Counted {
  abstract since(clientId: ClientId, from: Date): Promise<Counts>;
}

/** While nobody rolls up: a quota begins with nothing used. */
export class NothingCounted extends Counted {
  since(): Promise<Counts> {
    return Promise.resolve({ messages: 0, notifications: 0, channels: {} });
  }
}
