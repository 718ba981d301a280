interface RefusalEntry {
  /** Where one code has two statuses, the entry of the second says the code here. */
  readonly code?: string;
  readonly status: number;
  /** For callers: what happened, and what to do about it. */
  readonly meaning: string;
  /** Further members of the problem document, as an example. */
  readonly members?: object;
}

/** Every way in which the API refuses over HTTP: the one table from a code to its status and meaning. */
export const REFUSALS = {
  validation_failed: {
    status: 400,
    meaning: 'The request has a fault; `errors` names every one, up to a thousand, and its place.',
    members: {
      errors: [
        { pointer: '/name', code: 'max_length', message: 'name must be shorter than or equal to 200 characters' },
      ],
    },
  },
  user_required: {
    status: 400,
    meaning: 'This needs a user: use a scoped key, or name one with `X-User-Id`.',
  },
  unauthenticated: { status: 401, meaning: 'The key is missing, wrong, expired or revoked.' },
  invalid_signature: { status: 401, meaning: 'The signature is missing, wrong or old.' },
  scope_missing: {
    status: 403,
    meaning: 'The key lacks a scope; `missing` names it.',
    members: { missing: ['rooms:write'] },
  },
  forbidden: {
    status: 403,
    meaning: 'This key, this user’s role or this address may not do it.',
  },
  joining_banned: { code: 'banned', status: 403, meaning: 'You are banned from the room.' },
  client_suspended: { status: 403, meaning: 'The client is suspended; its operator can lift that.' },
  not_found: {
    status: 404,
    meaning: 'There is no such thing here, or this key may not see it; the two look alike.',
  },
  banned: { status: 409, meaning: 'The user is banned from the room.' },
  conflict: { status: 409, meaning: 'Something changed meanwhile; read it again.' },
  direct_room: { status: 409, meaning: 'A direct room keeps its two members and their roles.' },
  endpoint_disabled: { status: 409, meaning: 'The endpoint is disabled; enable it first.' },
  idempotency_in_progress: {
    status: 409,
    meaning: 'The first call with this `Idempotency-Key` is still running.',
  },
  last_master_key: { status: 409, meaning: 'This is the last live master key; make or rotate one first.' },
  message_deleted: { status: 409, meaning: 'The message was deleted; nothing of it can be changed.' },
  owner_stays: { status: 409, meaning: 'The owner’s role is changed by making another member the owner.' },
  room_full: { status: 409, meaning: 'The room has all the members it may have.', members: { maxMembers: 100 } },
  room_inactive: { status: 409, meaning: 'The room was closed by hand; activate it first.' },
  too_many_endpoints: {
    status: 409,
    meaning: 'The client has as many webhook endpoints as it may have.',
    members: { limit: 50 },
  },
  too_many_sources: {
    status: 409,
    meaning: 'The client has as many webhook sources as it may have.',
    members: { limit: 100 },
  },
  too_many_edits: {
    status: 409,
    meaning: 'The message was edited as often as it may be.',
    members: { limit: 200 },
  },
  too_many_reactions: {
    status: 409,
    meaning: 'The message has as many different emojis as it takes.',
    members: { limit: 50 },
  },
  source_exists: { status: 409, meaning: 'There is a source for this event already.' },
  event_in_progress: { status: 409, meaning: 'The event is under way; what failed of it is tried again by itself.' },
  slug_taken: { status: 409, meaning: 'Another client has this slug.' },
  payload_too_large: {
    status: 413,
    meaning: 'The body is over the limit that `limitBytes` names.',
    members: { limitBytes: 262_144 },
  },
  unsupported_media_type: { status: 415, meaning: 'The body is not `application/json`.' },
  idempotency_mismatch: {
    status: 422,
    meaning: 'This `Idempotency-Key` or `clientMessageId` was used before, with other content.',
  },
  no_recipient: { status: 422, meaning: 'No recipient has an address on any channel.' },
  quota_exceeded: {
    status: 429,
    meaning:
      'A quota has no room for it: `scope` says whether it is the client’s, of a `channel`, or a provider’s. `Retry-After` says when its window ends.',
    members: { scope: 'client', limit: 1_000 },
  },
  rate_limited: {
    status: 429,
    meaning: 'Too many calls, or too many wrong keys; `Retry-After` says when to come back.',
    members: { scope: 'client', limit: 200 },
  },
  slow_mode: { status: 429, meaning: 'The room is in slow mode; `Retry-After` says when to post again.' },
  internal: { status: 500, meaning: 'A fault of ours; the request id leads to it in the log.' },
  unavailable: {
    status: 503,
    meaning: 'The service cannot take this right now; nothing was stored. Send it again.',
  },
} as const satisfies Readonly<Record<string, RefusalEntry>>;

export type Refusal = keyof typeof REFUSALS;

export const refusal = (code: Refusal): RefusalEntry => REFUSALS[code];
