/**
 * What a client may have so much of that it is removed in batches, in this order, before the client's own row takes the rest
 * along. What others count goes before what counts it; notifications go before all, each with its deliveries.
 */
export const REMOVED_IN_BATCHES = [
  'message_reactions',
  'message_versions',
  'receipt_marks',
  'escalations',
  'room_events',
  'messages',
  'room_bans',
  'room_members',
  'rooms',
  'inbox_counts',
  'webhook_outbound_events',
  'webhook_replays',
  'inbound_keys',
  'inbound_events',
  'receipts',
  'provider_calls',
  'alerts',
  'alert_digests',
  'suppressions',
  'devices',
  'user_preferences',
  'users',
  'api_keys',
  'idempotency_keys',
  'analytics_changes',
  'analytics_actives',
  'analytics_counts',
  'analytics_tags',
] as const;

export type RemovedTable = (typeof REMOVED_IN_BATCHES)[number];
