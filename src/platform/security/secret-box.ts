import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { ENV, firstOf, type ResolvedEnv } from '../../config/index.js';
import { kidOf } from './secret-key.js';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** What is stored: the record's own data key wrapped by the key `kid` of the ring, and the sealed text. */
export interface SealedSecret {
  readonly v: 1;
  readonly kid: string;
  readonly dek: string;
  readonly data: string;
}

interface RingKey {
  readonly kid: string;
  readonly key: Buffer;
}

/**
 * Envelope encryption: AES-256-GCM under a random data key per record, which is wrapped by a key derived from
 * `SECRET_KEY` (the first encrypts, all decrypt). Bound by its additional data to one client and record,
 * so that a sealed text moved to another row does not open.
 */
@Injectable()
export class SecretBox {
  private readonly ring: readonly RingKey[];

  constructor(@Inject(ENV) env: Pick<ResolvedEnv, 'SECRET_KEY'>) {
    this.ring = env.SECRET_KEY.map((secret) => ({
      kid: kidOf(secret),
      key: Buffer.from(hkdfSync('sha256', secret, '', 'chatapi secret box', KEY_BYTES)),
    }));
  }

  seal(plain: string, boundTo: string): SealedSecret {
    const { kid, key } = firstOf(this.ring);
    const dek = randomBytes(KEY_BYTES);
    return { v: 1, kid, dek: encrypt(key, dek, `dek|${boundTo}`), data: encrypt(dek, Buffer.from(plain), boundTo) };
  }

  /** @throws Error when the key that sealed it is no longer in the ring, or the text was moved or changed */
  open(sealed: SealedSecret, boundTo: string): string {
    const dek = decrypt(this.wrappingKey(sealed.kid), sealed.dek, `dek|${boundTo}`);
    return decrypt(dek, sealed.data, boundTo).toString();
  }

  /** The names of the keys that open, the one that seals first. */
  get kids(): readonly string[] {
    return this.ring.map(({ kid }) => kid);
  }

  /** The same under the first key: its data key is wrapped anew, the text stays. @throws Error as {@link open} does */
  rewrapped(sealed: SealedSecret, boundTo: string): SealedSecret {
    const { kid, key } = firstOf(this.ring);
    const dek = decrypt(this.wrappingKey(sealed.kid), sealed.dek, `dek|${boundTo}`);
    return { ...sealed, kid, dek: encrypt(key, dek, `dek|${boundTo}`) };
  }

  private wrappingKey(kid: string): Buffer {
    const found = this.ring.find((candidate) => candidate.kid === kid);
    if (!found) throw new Error(`A stored secret was sealed with key ${kid}, which SECRET_KEY no longer lists.`);
    return found.key;
  }
}

function encrypt(key: Buffer, plain: Buffer, boundTo: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(boundTo));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

function decrypt(key: Buffer, sealed: string, boundTo: string): Buffer {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(boundTo)).setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
}
