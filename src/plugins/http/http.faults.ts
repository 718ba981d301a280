import { type ContentFault, faultOfExpression } from '../../extension/index.js';
import type { HttpSettings } from './http.settings.js';

const EXPRESSIONS_MAX = 100;
const HEADERS_MAX = 30;
const HEADER_VALUE_MAX = 2_000;
/** RFC 9110 5.1 */
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
/** RFC 9110 5.5; no other than what is visible, so that nothing is lost on the way. */
const HEADER_VALUE = /^[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?$/;
/** What the call itself writes, or what would change how it is read. */
const RESERVED =
  /^(host|content-length|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|proxy-.*|accept-encoding)$/i;

interface Place {
  readonly pointer: string;
  readonly expression: string;
}

export function faultsOf({ headers = {}, body, success, referencePath }: HttpSettings): ContentFault[] {
  const places = placesIn(body, '/body');
  if (places.length > EXPRESSIONS_MAX)
    return [faultAt('/body', 'max_expressions', `body has more than ${EXPRESSIONS_MAX} expressions`)];
  const whole = [
    { pointer: '/success/when', expression: success?.when },
    { pointer: '/referencePath', expression: referencePath },
  ].filter((place): place is Place => place.expression !== undefined);
  return [...headerFaults(headers), ...[...places, ...whole].flatMap(expressionFaults)];
}

/** Every `{"$": …}` of the body. */
function placesIn(value: unknown, pointer: string): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const entries = Object.entries(value);
  const [[name, expression] = []] = entries;
  if (entries.length === 1 && name === '$' && typeof expression === 'string')
    return [{ pointer: `${pointer}/$`, expression }];
  return entries.flatMap(([key, inner]) => placesIn(inner, `${pointer}/${escaped(key)}`));
}

function expressionFaults({ pointer, expression }: Place): ContentFault[] {
  const fault = faultOfExpression(expression);
  return fault === null ? [] : [faultAt(pointer, 'jmespath', `This is no JMESPath expression: ${fault}`)];
}

function headerFaults(headers: Readonly<Record<string, unknown>>): ContentFault[] {
  const entries = Object.entries(headers);
  if (entries.length > HEADERS_MAX)
    return [faultAt('/headers', 'max_headers', `there are more than ${HEADERS_MAX} headers`)];
  const names = entries.map(([name]) => name.toLowerCase());
  return entries.flatMap(([name, value], n) => {
    const at = `/headers/${escaped(name)}`;
    if (!HEADER_NAME.test(name)) return [faultAt(at, 'header_name', 'This is no name of a header')];
    if (RESERVED.test(name)) return [faultAt(at, 'header_reserved', `${name} is written by the call itself`)];
    if (names.indexOf(name.toLowerCase()) !== n) return [faultAt(at, 'header_twice', `${name} is there twice`)];
    const isText = typeof value === 'string' && value.length <= HEADER_VALUE_MAX && HEADER_VALUE.test(value);
    return isText ? [] : [faultAt(at, 'header_value', 'The value must be a line of printable ASCII')];
  });
}

const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

const faultAt = (pointer: string, code: string, message: string): ContentFault => ({ pointer, code, message });
