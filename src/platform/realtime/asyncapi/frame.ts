import { versionOfThis } from '../../http/index.js';
import { CLOSE } from '../close.js';
import { FRAME_BYTES } from '../limits.js';
import { RAW_PATH } from '../raw.transport.js';
import { SOCKET_IO_PATH } from '../socket-io.transport.js';
import type { AsyncApiDocument, Channel, Transport } from './model.js';

const DESCRIPTION = `One set of commands and events on two transports, with the same guarantees.

**Keys.** A key, or a ticket for one (\`POST /api/v1/auth/tickets\`), is checked in the handshake. \`x-scopes\` of an operation says what a command asks for: scopes, \`master\`, or nothing but a live key. A master key may do everything for its client. Of an event it says what a key must be allowed to read for its sockets to hear it.

**Commands** are answered once: \`ok\` with what the command says, or \`error\`. Decide by \`code\`, which is stable and the same as over HTTP; \`temporary\` says whether the same may succeed later.

**Events.** After the handshake comes \`ready\`. A durable event takes its room's next \`offset\`, without gaps: apply it when it is the last one plus one, ignore a smaller one, and on a gap \`sync\`. What has no offset is of the moment.

**The same data as REST.** Schemas have the names that they have in the OpenAPI document, \`/api/v1/openapi.json\`.`;

const RAW = `One JSON object a text frame, up to ${FRAME_BYTES / 1024} KiB. A command has an \`id\`, which its answer repeats; without one it is not answered. \`{}\` is ping and pong: the server sends it every 25 s and expects anything within 10 s.

The key stands in a header of the handshake; a browser uses \`?ticket=\`, or sends \`connect\` as its first frame, within 5 s. A refused handshake is an HTTP status with a problem document (\`ProblemView\`); after a first frame it is an error and a close.`;

const SOCKET_IO = `A payload is the list of an event's arguments; the event is the message's \`name\`. A command takes one argument and an acknowledgement, which receives the answer. A push has its data and its envelope.

The key is \`auth: { apiKey }\` or a header, a ticket \`auth: { ticket }\`. A refused handshake is \`connect_error\`; before the server disconnects it emits \`server.close\`.`;

export const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', description: 'A key of a client: `ck_master_…` or `ck_scoped_…`.' },
  apiKey: { type: 'httpApiKey', in: 'header', name: 'X-API-Key', description: 'The same, in a header of its own.' },
  ticket: { type: 'httpApiKey', in: 'query', name: 'ticket', description: 'Raw: opens one socket, within 30 s.' },
  auth: { type: 'apiKey', in: 'user', description: 'Socket.IO: `auth: { apiKey }` or `auth: { ticket }`.' },
} as const;

const secured = (...names: (keyof typeof SECURITY_SCHEMES)[]): object[] =>
  names.map((name) => ({ $ref: `#/components/securitySchemes/${name}` }));

const HOST = {
  host: '{host}',
  variables: { host: { default: 'localhost:8000', description: 'The installation; over TLS the same with wss' } },
};

/** The document without its messages and operations. */
export const frame = (): Pick<AsyncApiDocument, 'asyncapi' | 'info' | 'defaultContentType' | 'servers'> => ({
  asyncapi: '3.0.0',
  info: { title: 'ChatAPI in real time', version: versionOfThis(), description: DESCRIPTION },
  defaultContentType: 'application/json',
  servers: {
    raw: { ...HOST, protocol: 'ws', description: 'Raw WebSocket', security: secured('bearer', 'apiKey', 'ticket') },
    socketIo: {
      ...HOST,
      protocol: 'socket.io',
      protocolVersion: '5',
      description: 'Socket.IO over WebSocket only: `transports: ["websocket"]`.',
      security: secured('auth', 'bearer', 'apiKey'),
    },
  },
});

const text = { type: 'string' } as const;
const closeCodes = Object.values(CLOSE);

/** The two ways to the service, without their messages. */
export const CHANNELS: Readonly<Record<Transport, Omit<Channel, 'messages'>>> = {
  raw: {
    address: RAW_PATH,
    title: 'Raw WebSocket',
    description: RAW,
    servers: [{ $ref: '#/servers/raw' }],
    bindings: {
      ws: {
        method: 'GET',
        query: { type: 'object', properties: { ticket: text } },
        headers: { type: 'object', properties: { Authorization: text, 'X-API-Key': text, Origin: text } },
        bindingVersion: '0.1.0',
      },
    },
    'x-close-codes': closeCodes,
  },
  socketIo: {
    address: SOCKET_IO_PATH,
    title: 'Socket.IO',
    description: SOCKET_IO,
    servers: [{ $ref: '#/servers/socketIo' }],
    'x-close-codes': closeCodes,
  },
};
