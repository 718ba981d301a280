import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { ENV, firstOf, type ResolvedEnv } from '../../config/index.js';

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const KID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const TOKEN = /^[A-Za-z0-9_-]{44,2000}$/;

interface RingKey {
  readonly kid: Buffer;
  readonly key: Buffer;
}

/**
 * Texts sealed into tokens for addresses that leave the house: nobody reads or makes them without SECRET_KEY, and they
 * have no end but that of the key which sealed them (the first seals, all open).
 */
@Injectable()
export class TokenBox {
  private readonly ring: readonly RingKey[];

  constructor(@Inject(ENV) env: ResolvedEnv) {
    this.ring = env.SECRET_KEY.map((secret) => ({
      kid: createHash('sha256').update('kid\0').update(secret).digest().subarray(0, KID_BYTES),
      key: Buffer.from(hkdfSync('sha256', secret, '', 'chatapi token box', KEY_BYTES)),
    }));
  }

  /** @param purpose a token of one purpose does not open for another */
  seal(purpose: string, text: string): string {
    const { kid, key } = firstOf(this.ring);
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(purpose));
    return Buffer.concat([kid, nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]).toString('base64url');
  }

  /** Null for what is no token of ours, or of a key that is gone. */
  open(purpose: string, token: string): string | null {
    if (!TOKEN.test(token)) return null;
    const bytes = Buffer.from(token, 'base64url');
    const sealedBy = this.ring.find(({ kid }) => kid.equals(bytes.subarray(0, KID_BYTES)));
    return sealedBy ? opened(sealedBy.key, purpose, bytes.subarray(KID_BYTES)) : null;
  }
}

function opened(key: Buffer, purpose: string, sealed: Buffer): string | null {
  const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(purpose)).setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString();
  } catch {
    return null; // changed, or of another purpose
  }
}
