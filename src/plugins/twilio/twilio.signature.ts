import { InvalidSignature, isSignedByOne } from '../../extension/index.js';

const DEFAULT_PORTS = new Map([
  ['https:', '443'],
  ['http:', '80'],
]);

/**
 * The fields of a signed call: https://www.twilio.com/docs/usage/security#validating-requests
 * @throws InvalidSignature
 */
export function signedFieldsOf(
  {
    url,
    headers,
    body,
  }: { readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly body: Buffer },
  authToken: string,
): URLSearchParams {
  const fields = new URLSearchParams(body.toString());
  const signature = headers['x-twilio-signature'];
  const isOurs = formsOf(url).some((form) =>
    isSignedByOne([authToken], [signature], [form, partOf(fields)], { algorithm: 'sha1', encoding: 'base64' }),
  );
  if (!isOurs) throw new InvalidSignature();
  return fields;
}

/** What follows the address: each field's name and value without anything between them, by name. */
function partOf(fields: URLSearchParams): string {
  const names = [...new Set(fields.keys())].sort();
  const said = names.map((name) =>
    [...new Set(fields.getAll(name))]
      .sort()
      .map((value) => `${name}${value}`)
      .join(''),
  );
  return said.join('');
}

/** With its port and without: which of them Twilio signs depends on the scheme and on what is in front of us. */
function formsOf(url: string): string[] {
  if (!URL.canParse(url)) return [url];
  const { protocol, hostname, port } = new URL(url);
  const rest = url.replace(/^[a-z]+:\/\/[^/?#]*/i, '');
  const numbered = `${protocol}//${hostname}:${port || (DEFAULT_PORTS.get(protocol) ?? '')}${rest}`;
  return [...new Set([url, `${protocol}//${hostname}${rest}`, numbered])];
}
