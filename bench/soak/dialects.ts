/** Something the server tells, as either transport brings it. */
export interface Push {
  readonly ev: string;
  readonly roomId?: string;
  readonly offset?: number;
  readonly data: unknown;
}

export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly temporary?: boolean;
  readonly retryAfterMs?: number;
}

export interface Answer {
  readonly ok?: unknown;
  readonly error?: Refusal;
}

/** What a frame means to a client. */
export interface Meaning {
  readonly push?: Push;
  readonly answer?: Answer & { readonly id: number };
  /** To be sent back as it is. */
  readonly reply?: string;
  /** Why the server does not let the client in. */
  readonly refused?: string;
}

/** One of the two transports, above WebSocket frames. */
export interface Dialect {
  readonly path: string;
  command(id: number, name: string, data: object): string;
  read(text: string): Meaning;
}

const raw: Dialect = {
  path: '/api/v1/websocket/open',
  command: (id, cmd, data) => JSON.stringify({ id, cmd, data }),
  read: (text) => {
    const frame = JSON.parse(text) as Partial<Push> & Answer & { readonly id?: number };
    if (frame.ev !== undefined) return { push: frame as Push };
    if (frame.id !== undefined) return { answer: { ...frame, id: frame.id } };
    return frame.error ? { refused: text } : { reply: '{}' };
  },
};

/** Engine.IO and Socket.IO packets: https://socket.io/docs/v4/socket-io-protocol/#packet-encoding */
const socketIo: Dialect = {
  path: '/sockets/?EIO=4&transport=websocket',
  command: (id, name, data) => `42${id}${JSON.stringify([name, data])}`,
  read: (text) => {
    if (text.startsWith('0')) return { reply: '40' };
    if (text === '2') return { reply: '3' };
    if (text.startsWith('44')) return { refused: text };
    if (text.startsWith('42')) {
      const [ev, data, envelope] = JSON.parse(text.slice(2)) as [string, unknown, Partial<Push>?];
      return { push: { ...envelope, ev, data } };
    }
    if (!text.startsWith('43')) return {};
    const bracket = text.indexOf('[');
    const [answer] = JSON.parse(text.slice(bracket)) as [Answer];
    return { answer: { ...answer, id: Number(text.slice(2, bracket)) } };
  },
};

export const DIALECTS = { raw, 'socket.io': socketIo } as const;
export type Transport = keyof typeof DIALECTS;
