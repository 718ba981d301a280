import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const KEY_ID_LENGTH = 12;
const ENTROPY_LENGTH = 37;
const CHECKSUM_LENGTH = 6;
const FORM = /^ck_(master|scoped)_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})$/;

export type KeyType = 'master' | 'scoped';

export interface ApiKey {
  /** The whole key as callers present it. Shown once. */
  readonly key: string;
  readonly type: KeyType;
  /** Public part: names the row, appears in lists and logs. */
  readonly keyId: string;
  readonly secret: string;
}

const randomBase62 = (length: number): string =>
  Array.from({ length }, () => BASE62[randomInt(BASE62.length)]).join('');

/** CRC-32 of the key's public and random parts in base62: a mistyped key is refused without a look-up. */
function checksum(keyId: string, entropy: string): string {
  let rest = crc32(`${keyId}_${entropy}`);
  let digits = '';
  while (digits.length < CHECKSUM_LENGTH) {
    digits = BASE62.charAt(rest % BASE62.length) + digits;
    rest = Math.floor(rest / BASE62.length);
  }
  return digits;
}

/** A new key: `ck_<type>_<keyId 12>_<secret 43>`, about 220 bits of secret. */
export function generateKey(type: KeyType): ApiKey {
  const keyId = randomBase62(KEY_ID_LENGTH);
  const entropy = randomBase62(ENTROPY_LENGTH);
  const secret = entropy + checksum(keyId, entropy);
  return { key: `ck_${type}_${keyId}_${secret}`, type, keyId, secret };
}

/** The parts of a presented key, or null when its form or checksum is wrong. */
export function parseKey(presented: string): ApiKey | null {
  const [, type, keyId, secret] = FORM.exec(presented) ?? [];
  if (!type || !keyId || !secret) return null;
  const entropy = secret.slice(0, ENTROPY_LENGTH);
  if (checksum(keyId, entropy) !== secret.slice(ENTROPY_LENGTH)) return null;
  return { key: presented, type: type as KeyType, keyId, secret };
}
