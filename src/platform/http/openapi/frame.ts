import { readFileSync } from 'node:fs';
import type { OpenAPIObject, ParameterObject, TagObject } from '@nestjs/swagger';
import { KEY_SCHEMES, OPERATOR_SCHEME } from '../../security/index.js';
import { ANSWER_HEADERS } from './headers.js';

const MANIFEST = new URL('../../../../package.json', import.meta.url);

const DESCRIPTION = `Messaging and notifications behind one API: rooms, real time, and delivery you can prove.

**Keys.** Send \`Authorization: Bearer <key>\` or \`X-API-Key: <key>\`. A scoped key is its user; a master key may do
everything for its client, and acts as a user when \`X-User-Id\` names one. \`x-scopes\` of an operation says what it asks
for: scopes, \`master\`, \`operator\` (the installation's \`ADMIN_KEY\`), or nothing but a live key.

**Errors** are \`application/problem+json\` (RFC 9457). Decide by \`code\`, which is stable; \`requestId\` leads to the call in
the log.

**Retries.** A POST that creates takes an \`Idempotency-Key\`: within 24 hours the same key and body get the same answer.

**Lists** take \`limit\` and \`cursor\`, and give \`nextCursor\` until there is no more.

**Times** are ISO 8601 in UTC with milliseconds; ids are UUIDs of version 7, but for \`userId\`, which is yours.`;

/** What the parts of the API are about. */
export const TAGS: readonly TagObject[] = [
  { name: 'Health', description: 'Whether the service runs and can work.' },
  { name: 'Auth', description: 'Logging users in and out, and what a key is.' },
  { name: 'Clients', description: 'The tenants of the installation and their keys.' },
  { name: 'Users', description: 'A client’s users, their devices and preferences. A user exists by first mention.' },
  { name: 'Rooms', description: 'Rooms, their members and their durable events.' },
  { name: 'Messages', description: 'Sending and reading messages.' },
  { name: 'Notifications', description: 'Sending to people over several channels, and what became of it.' },
  { name: 'Inbox', description: 'A user’s notifications in the app.' },
  { name: 'Providers', description: 'Through whom a client’s notifications are sent.' },
  { name: 'Suppressions', description: 'Addresses that are not to be written to.' },
  { name: 'Webhooks', description: 'Events that come in, and events that are forwarded.' },
  { name: 'Analytics', description: 'Counts and rates, from rollups.' },
  { name: 'Audit', description: 'Who did what to which key, provider, endpoint, room and client.' },
  { name: 'Admin', description: 'For the operator: the installation, and one client’s affairs without its contents.' },
];

const [BEARER, API_KEY] = KEY_SCHEMES;

const SECURITY_SCHEMES = {
  [BEARER]: { type: 'http', scheme: 'bearer', description: 'A key of a client: `ck_master_…` or `ck_scoped_…`.' },
  [API_KEY]: {
    type: 'apiKey',
    in: 'header',
    name: 'X-API-Key',
    description: 'The same keys, in a header of their own.',
  },
  [OPERATOR_SCHEME]: {
    type: 'http',
    scheme: 'bearer',
    description: 'The installation operator’s `ADMIN_KEY`; `X-API-Key` takes it, too.',
  },
} as const;

/** Parameters that several operations share. */
export const SHARED_PARAMETERS = {
  'X-User-Id': {
    name: 'X-User-Id',
    in: 'header',
    required: false,
    description: 'With a master key: the user it acts as. A scoped key is its own user, whatever this says.',
    schema: { type: 'string', minLength: 1, maxLength: 128, example: 'ann' },
  },
} as const satisfies Record<string, ParameterObject>;

/** What is in a path. A name that is missing here would have no example. */
export const PATH_PARAMETERS: Readonly<Record<string, Pick<ParameterObject, 'description' | 'schema'>>> = {
  id: { schema: { type: 'string', format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' } },
  clientSlug: { schema: { type: 'string', pattern: '^[a-z0-9-]{2,63}$', example: 'example-shop' } },
  deviceId: { schema: { type: 'string', format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' } },
  emoji: {
    description: 'An emoji or a short name, without white space',
    schema: { type: 'string', minLength: 1, maxLength: 64, example: '👍' },
  },
  event: { schema: { type: 'string', pattern: '^[A-Za-z0-9._-]{1,100}$', example: 'order.paid' } },
  keyId: { description: 'The public part of a key', schema: { type: 'string', example: 'A1b2C3d4E5f6' } },
  replayId: { schema: { type: 'string', format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' } },
  notificationId: { schema: { type: 'string', format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' } },
  token: { description: 'As the link in a mail has it', schema: { type: 'string', example: 'q83vEjRWeJCrze8' } },
  userId: {
    description: 'The client’s own id',
    schema: { type: 'string', minLength: 1, maxLength: 128, example: 'ann' },
  },
};

/** What is running, as documents name it. */
export const versionOfThis = (): string => (JSON.parse(readFileSync(MANIFEST, 'utf8')) as { version: string }).version;

/** The document without its operations. */
export function frame(): Omit<OpenAPIObject, 'paths'> {
  const version = versionOfThis();
  const license = { name: 'MIT', identifier: 'MIT' };
  return {
    openapi: '3.1.0',
    info: { title: 'ChatAPI', version, description: DESCRIPTION, license },
    servers: [{ url: '/', description: 'The installation that serves this document' }],
    components: { securitySchemes: SECURITY_SCHEMES, headers: ANSWER_HEADERS, parameters: SHARED_PARAMETERS },
  };
}
