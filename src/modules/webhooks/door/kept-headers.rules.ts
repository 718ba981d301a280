const HEADERS_MAX = 60;
const VALUE_MAX = 1_000;

/** What proves who calls, or tells on the way here what nobody needs later; whatever the sender has named it. */
const SECRET = /auth|cookie|signature|hmac|token|secret|passw|credential|session|jwt|key|csrf/;
const OF_THE_WAY =
  /^(host|connection|content-length|content-encoding|transfer-encoding|te|upgrade|keep-alive|expect|accept(-.*)?|via|forwarded|x-forwarded-.*|x-real-ip|true-client-ip|cf-.*|cdn-.*|x-amzn-.*|traceparent|tracestate|baggage)$/;

/**
 * The headers that are kept with an event, and that rules may read.
 * @param unkept names, in lower case, that the source's own settings give to what it verifies by
 */
export function keptHeaders(
  headers: Readonly<Record<string, string>>,
  unkept: ReadonlySet<string>,
): Record<string, string> {
  const kept = Object.entries(headers).filter(
    ([name, value]) => !SECRET.test(name) && !OF_THE_WAY.test(name) && !unkept.has(name) && isStorable(value),
  );
  return Object.fromEntries(kept.slice(0, HEADERS_MAX).map(([name, value]) => [name, value.slice(0, VALUE_MAX)]));
}

const isStorable = (value: string): boolean => value.isWellFormed() && !value.includes('\0');

/** Of a scheme’s settings each that may be the name of a header. */
export const namedIn = (settings: Readonly<Record<string, unknown>>): ReadonlySet<string> =>
  new Set(Object.values(settings).flatMap((value) => (typeof value === 'string' ? value.toLowerCase() : [])));

const MAX_COUNTED = 100;
/** How many systems, told one by the other, led to the call; 0 where it does not say. */
export const hopsIn = (header: string | undefined): number =>
  header !== undefined && /^\d{1,6}$/.test(header) ? Math.min(Number(header), MAX_COUNTED) : 0;
