import type { ClientId } from '../../platform/database/index.js';

export const REPLAY_WISHES = ['all', 'failed', 'missing', 'undelivered'] as const;
export type ReplayWish = (typeof REPLAY_WISHES)[number];
export const REPLAY_IDS_MAX = 1_000;

export const REPLAY_STATUSES = ['pending', 'running', 'done', 'stopped'] as const;
export type ReplayStatus = (typeof REPLAY_STATUSES)[number];

export interface ReplayRange {
  readonly wish: ReplayWish;
  readonly from: Date | null;
  readonly to: Date | null;
  readonly ids: readonly string[] | null;
}

export interface ReplayRecord extends ReplayRange {
  readonly clientId: ClientId;
  readonly id: string;
  readonly endpointId: string;
  readonly status: ReplayStatus;
  readonly count: number;
  readonly done: number;
  readonly cursor: string | null;
  readonly cursorAt: Date | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}
