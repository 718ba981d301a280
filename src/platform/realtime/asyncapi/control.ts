import { getSchemaPath, type SchemaObject } from '@nestjs/swagger';
import type { Schema } from '../../http/index.js';
import { RefusedHandshakeView, ServerCloseView } from '../wire.view.js';
import type { Message, Transport } from './model.js';
import { errorOf, exactly, ID, listOf, objectOf, type Payload, WIRES } from './wire.js';

/** A frame that is neither a module's command nor its event, and which way it goes. */
export interface Control extends Pick<Message, 'summary' | 'payload'> {
  readonly action: 'receive' | 'send';
  readonly answer?: Payload;
}

const KEY = { type: 'string', example: 'ck_scoped_A1b2C3d4E5f6_…' } as const;
const HANDSHAKE_CODES = [
  'unauthenticated',
  'forbidden',
  'client_suspended',
  'rate_limited',
  'unavailable',
  'internal',
] as const;

const nothing: SchemaObject = { type: 'object', maxProperties: 0, example: {} };
const error: Schema = {
  ...errorOf(['unknown_command']),
  example: { code: 'unknown_command', message: 'There is no command room.burn.', temporary: false },
};
const REFUSAL = 'The answer to a command that there is not: `unknown_command`';

/** What keeps a transport going, by name. */
export const CONTROLS: Readonly<Record<Transport, Readonly<Record<string, Control>>>> = {
  raw: {
    connect: {
      action: 'receive',
      summary: 'The first frame, when the handshake brought no key',
      payload: objectOf({ id: ID, cmd: exactly('connect'), data: objectOf({ apiKey: KEY }, ['apiKey']) }, [
        'id',
        'cmd',
        'data',
      ]),
      answer: WIRES.raw.answer({ ok: nothing, error: errorOf(HANDSHAKE_CODES) }),
    },
    'heartbeat.client': {
      action: 'receive',
      summary: 'The client lives, or asks whether the server does',
      payload: nothing,
    },
    'heartbeat.server': {
      action: 'send',
      summary: 'Asks whether the client lives, or says that the server does',
      payload: nothing,
    },
    refusal: {
      action: 'send',
      summary: REFUSAL,
      payload: objectOf({ id: ID, error }, ['id', 'error']),
    },
  },
  socketIo: {
    connect_error: {
      action: 'send',
      summary: 'The handshake was refused; this is its `data`',
      payload: listOf({ $ref: getSchemaPath(RefusedHandshakeView) }),
    },
    'server.close': {
      action: 'send',
      summary: 'Why the server disconnects, right before it does',
      payload: listOf({ $ref: getSchemaPath(ServerCloseView) }),
    },
    refusal: {
      action: 'send',
      summary: REFUSAL,
      payload: listOf(objectOf({ error }, ['error'])),
    },
  },
};
