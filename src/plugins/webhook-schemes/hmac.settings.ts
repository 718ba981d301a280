import { OneOf, Text } from '../../extension/index.js';

export const ALGORITHMS = ['sha256', 'sha512', 'sha1'] as const;
export const ENCODINGS = ['hex', 'base64'] as const;
export const SIGNED_PAYLOADS = ['body', 'timestamp.body'] as const;

/** RFC 9110 5.1 */
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const HEADER_NAME_MAX = 100;

export class HmacSettings {
  @OneOf(ALGORITHMS, { optional: true, default: 'sha256', description: 'sha1 for senders that know no other' })
  readonly algorithm: (typeof ALGORITHMS)[number] = 'sha256';
  @OneOf(ENCODINGS, { optional: true, default: 'hex' })
  readonly encoding: (typeof ENCODINGS)[number] = 'hex';
  @Text({
    min: 1,
    max: HEADER_NAME_MAX,
    pattern: HEADER_NAME,
    example: 'X-Signature',
    description: 'The header with the signature',
  })
  readonly header: string;
  @Text({
    min: 1,
    max: 50,
    pattern: /^[\x20-\x7e]+$/,
    optional: true,
    example: 'sha256=',
    description: 'What stands before the signature in its header',
  })
  readonly prefix?: string;
  @Text({
    min: 1,
    max: HEADER_NAME_MAX,
    pattern: HEADER_NAME,
    optional: true,
    example: 'X-Timestamp',
    description: 'The header with the time of the signature, in seconds since 1970; with signedPayload timestamp.body',
  })
  readonly timestampHeader?: string;
  @OneOf(SIGNED_PAYLOADS, {
    optional: true,
    default: 'body',
    description: 'What is signed: the body, or the time, a dot and the body',
  })
  readonly signedPayload: (typeof SIGNED_PAYLOADS)[number] = 'body';
}
