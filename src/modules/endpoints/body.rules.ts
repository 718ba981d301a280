import type { Payload } from './endpoint.js';

/** What a call carries at most; receivers are told more than this as if they had asked for the thin payload. */
export const BODY_MAX_BYTES = 262_144;
/** An id is no content. */
const ID_MAX = 500;

/** What there is to tell. */
export interface ToldEvent {
  readonly id: string;
  readonly type: string;
  /** When it happened. */
  readonly at: Date;
  /** Of a room's event, with its place in that room. */
  readonly roomId: string | null;
  readonly sequence: number | null;
  /** JSON. */
  readonly data: string;
  /** The data was too long, and is the thin one. */
  readonly truncated: boolean;
}

/** The bytes of a call: the same for every try and every endpoint with such a payload. */
export function bodyOf(event: ToldEvent, payload: Payload): string {
  const data = payload === 'thin' ? thinned(event.data) : event.data;
  return `${JSON.stringify(headOf(event)).slice(0, -1)},"data":${data}}`;
}

function headOf({ id, type, at, roomId, sequence, truncated }: ToldEvent): object {
  return {
    ...{ id, type, timestamp: at.toISOString() },
    ...(roomId !== null && { roomId }),
    ...(sequence !== null && { sequence }),
    ...(truncated && { truncated }),
  };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What an event is about: a notification, or whatever has the id in it. */
export function subjectOf(data: object): string | null {
  const { id, notificationId } = data as { readonly id?: unknown; readonly notificationId?: unknown };
  const subject = notificationId ?? id;
  return typeof subject === 'string' && UUID.test(subject) ? subject : null;
}

/** What a filter looks at. */
export const inputOf = ({ id, type, roomId, sequence, data }: ToldEvent): object => ({
  ...{ id, type, roomId, sequence },
  data: JSON.parse(data) as unknown,
});

/** Of an object its ids: `id`, and whatever ends in `Id`. */
export function thinned(json: string): string {
  const data = JSON.parse(json) as unknown;
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return '{}';
  const ids = Object.entries(data).filter(([name, value]) => /^id$|Id$/.test(name) && isId(value));
  return JSON.stringify(Object.fromEntries(ids));
}

const isId = (value: unknown): boolean =>
  value === null || typeof value === 'number' || (typeof value === 'string' && value.length <= ID_MAX);

/** An event as it is stored: what is too long to be told is cut down to its ids. */
export function fitted(event: Omit<ToldEvent, 'truncated'>): ToldEvent {
  const full = { ...event, truncated: false };
  if (Buffer.byteLength(bodyOf(full, 'full')) <= BODY_MAX_BYTES) return full;
  return { ...event, data: thinned(event.data), truncated: true };
}

/** As JMESPath has it: null, false, and what is empty. */
export const isFalsy = (value: unknown): boolean =>
  value === null || value === false || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);

const RESPONSE_MAX_BYTES = 4_096;

/** What of an answer is kept: as PostgreSQL can store it, and no half character at its end. */
export function keptOf(text: string): string {
  const bytes = Buffer.from(text.toWellFormed().replaceAll('\0', '')).subarray(0, RESPONSE_MAX_BYTES);
  return new TextDecoder().decode(bytes, { stream: true });
}
