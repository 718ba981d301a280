interface Fault {
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
}

export const HEADERS_MAX = 20;
export const ENDPOINTS_MAX = 50;
export const DEFAULT_IN_FLIGHT = 10;

/** As RFC 9110 5.6.2 has a field's name. */
const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
/** No line breaks and nothing else that ends a header; what is not Latin-1 cannot travel. */
const VALUE = /^[\t\x20-\x7e\xa0-\xff]{0,2000}$/;
const OURS = /^(webhook|x-chatapi)-/i;
const OF_THE_CALL = new Set([
  ...['host', 'content-length', 'content-type', 'connection', 'transfer-encoding'],
  ...['expect', 'keep-alive', 'te', 'trailer', 'upgrade'],
]);

/** What is wrong with the headers that an endpoint wants; pointers below `/headers`. */
export function faultsOfHeaders(headers: Readonly<Record<string, unknown>>): Fault[] {
  const names = Object.keys(headers);
  const tooMany = names.length > HEADERS_MAX ? [fault('', 'max_size', `At most ${HEADERS_MAX} headers`)] : [];
  const lower = names.map((name) => name.toLowerCase());
  return tooMany.concat(
    names.flatMap((name, n) => {
      if (!NAME.test(name)) return [fault(name, 'header_name', 'It is no name of a header')];
      if (OURS.test(name) || OF_THE_CALL.has(name.toLowerCase()))
        return [fault(name, 'reserved_header', `${name} is set by the service`)];
      if (lower.indexOf(name.toLowerCase()) !== n) return [fault(name, 'twice', 'The header is there twice')];
      const value = headers[name];
      return typeof value === 'string' && VALUE.test(value)
        ? []
        : [fault(name, 'header_value', 'A header’s value is a text of up to 2000 characters, in one line')];
    }),
  );
}

const fault = (name: string, code: string, message: string): Fault => ({
  pointer: `/headers${name === '' ? '' : `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`}`,
  code,
  message,
});

/** The address in a URL that names one; null where it names a host. */
export function literalOf(url: string): string | null {
  const { hostname } = new URL(url); // which writes an address in its one usual form
  if (hostname.startsWith('[')) return hostname.slice(1, -1);
  return /^\d+(\.\d+){3}$/.test(hostname) ? hostname : null;
}
