export const REPLAY_WISHES = ['all', 'failed', 'missing', 'undelivered'] as const;
export type ReplayWish = (typeof REPLAY_WISHES)[number];
export const REPLAY_IDS_MAX = 1_000;

export const REPLAY_STATUSES = ['pending', 'running', 'done', 'stopped'] as const;
export type ReplayStatus = (typeof REPLAY_STATUSES)[number];
