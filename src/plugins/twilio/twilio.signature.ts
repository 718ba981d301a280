import { createHmac, timingSafeEqual } from 'node:crypto';
import { InvalidSignature } from '../../extension/index.js';

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
  const given = Buffer.from(headers['x-twilio-signature'] ?? '', 'base64');
  const isOurs = formsOf(url).some((form) => {
    const expected = signatureOf(form, fields, authToken);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!isOurs) throw new InvalidSignature();
  return fields;
}

/** The address, then each field's name and value without anything between them, by name. */
function signatureOf(url: string, fields: URLSearchParams, authToken: string): Buffer {
  const names = [...new Set(fields.keys())].sort();
  const said = names.map((name) =>
    [...new Set(fields.getAll(name))]
      .sort()
      .map((value) => `${name}${value}`)
      .join(''),
  );
  return createHmac('sha1', authToken)
    .update(`${url}${said.join('')}`)
    .digest();
}

/** With its port and without: which of them Twilio signs depends on the scheme and on what is in front of us. */
function formsOf(url: string): string[] {
  if (!URL.canParse(url)) return [url];
  const { protocol, hostname, port } = new URL(url);
  const rest = url.replace(/^[a-z]+:\/\/[^/?#]*/i, '');
  const numbered = `${protocol}//${hostname}:${port || (DEFAULT_PORTS.get(protocol) ?? '')}${rest}`;
  return [...new Set([url, `${protocol}//${hostname}${rest}`, numbered])];
}
