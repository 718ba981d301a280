/** The kinds of work, and the queues of their hints. */
export const WEBHOOKS = 'webhooks';
export const WEBHOOK_REPLAYS = 'webhook-replays';
