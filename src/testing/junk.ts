import type { InboundRequest } from '../extension/index.js';

/** Of a long body, so many bytes are tried. */
const TRIED_MAX = 512;

/** Bodies that no sender signs. */
export const JUNK_BODIES = [
  ...['', '{}', 'null', '[]', '"', '\0', 'a=b', '{"id":null,"type":1}', '[[[['],
  '{"signature":{"timestamp":1,"token":1,"signature":1}}',
];

/** Indexes of bytes, spread over a body. */
export function placesIn(body: Buffer): number[] {
  const step = Math.max(1, Math.ceil(body.length / TRIED_MAX));
  return Array.from({ length: Math.ceil(body.length / step) }, (_, n) => n * step);
}

export const flipped = (body: Buffer, at: number): Buffer => {
  const changed = Buffer.from(body);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
};

/** The call with each header changed in each way, and left out. */
export const headersChanged = (request: InboundRequest): InboundRequest[] =>
  Object.entries(request.headers).flatMap(([name, value]) => [
    ...[value.slice(0, -2), `${value}x`, '', '€'].map((changed) => ({
      ...request,
      headers: { ...request.headers, [name]: changed },
    })),
    { ...request, headers: Object.fromEntries(Object.entries(request.headers).filter(([other]) => other !== name)) },
  ]);
