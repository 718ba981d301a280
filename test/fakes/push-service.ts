import { createDecipheriv, createECDH, createPublicKey, type ECDH, hkdfSync, randomBytes, verify } from 'node:crypto';
import { aVendor, type Vendor, type VendorAnswer, type VendorCall } from './vendor.js';

/** A push as the browser gets it from the service. */
export interface ReceivedPush {
  readonly payload: Readonly<Record<string, unknown>>;
  readonly claims: { readonly aud: string; readonly exp: number; readonly sub: string };
  readonly headers: Readonly<Record<string, string>>;
}

/** What a page's `PushManager.subscribe` gives; the browser's private half stays with the service. */
export interface FakePushService extends Vendor {
  readonly pushes: ReceivedPush[];
  readonly subscription: { endpoint: string; keys: { p256dh: string; auth: string } };
}

const MAX_BYTES = 4_096;

/** A browser and its push service: takes what is signed by `publicKey` and decrypts it, as RFC 8030, 8188, 8291 and 8292 say. */
export async function aPushService(publicKey: string): Promise<FakePushService> {
  const pushes: ReceivedPush[] = [];
  const browser = createECDH('prime256v1');
  browser.generateKeys();
  const auth = randomBytes(16);
  const vendor = await aVendor((call) => {
    const { headers, body } = call;
    if (call.method !== 'POST' || call.path !== '/push/ann') return { status: 404 };
    if (body.length > MAX_BYTES) return { status: 413 };
    if (headers['content-encoding'] !== 'aes128gcm' || !/^\d+$/.test(headers.ttl ?? '')) return { status: 400 };
    const claims = claimsOf(call, publicKey, vendor.url);
    if (claims === null) return { status: 403, body: 'the VAPID credentials are not valid' };
    pushes.push({ payload: decrypted(body, browser, auth), claims, headers });
    return { status: 201, headers: { location: `${vendor.url}/message/${pushes.length}` } } satisfies VendorAnswer;
  });
  const keys = { p256dh: browser.getPublicKey('base64url'), auth: auth.toString('base64url') };
  return Object.assign(vendor, { pushes, subscription: { endpoint: `${vendor.url}/push/ann`, keys } });
}

/** Of `vapid t=…, k=…`; null when the token is not one for this service, or not signed by the key. */
function claimsOf({ headers }: VendorCall, publicKey: string, audience: string): ReceivedPush['claims'] | null {
  const [, token = '', key] = /^vapid t=([^,]+), k=(.+)$/.exec(headers.authorization ?? '') ?? [];
  const [header = '', claims = '', signature = ''] = token.split('.');
  if (key !== publicKey) return null;
  const point = Buffer.from(key, 'base64url');
  const jwk = {
    ...{ kty: 'EC', crv: 'P-256' },
    ...{ x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') },
  };
  const isSigned = verify(
    'sha256',
    Buffer.from(`${header}.${claims}`),
    { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  const read = JSON.parse(Buffer.from(claims, 'base64url').toString()) as ReceivedPush['claims'];
  const seconds = read.exp - Date.now() / 1_000;
  return isSigned && read.aud === audience && seconds > 0 && seconds <= 86_400 ? read : null;
}

/** RFC 8188 2, with the keys of RFC 8291 3.4: a salt, the record size, the sender's key, and one record. */
function decrypted(body: Buffer, browser: ECDH, auth: Buffer): ReceivedPush['payload'] {
  const salt = body.subarray(0, 16);
  const keyLength = body.readUInt8(20);
  const sender = body.subarray(21, 21 + keyLength);
  const record = body.subarray(21 + keyLength);
  const derived = (key: Buffer, from: Buffer, info: Buffer | string, bytes: number): Buffer =>
    Buffer.from(hkdfSync('sha256', key, from, info, bytes));
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), browser.getPublicKey(), sender]);
  const secret = derived(browser.computeSecret(sender), auth, info, 32);
  const cipher = createDecipheriv(
    'aes-128-gcm',
    derived(secret, salt, 'Content-Encoding: aes128gcm\0', 16),
    derived(secret, salt, 'Content-Encoding: nonce\0', 12),
  );
  cipher.setAuthTag(record.subarray(-16));
  const plain = Buffer.concat([cipher.update(record.subarray(0, -16)), cipher.final()]);
  return JSON.parse(plain.subarray(0, plain.lastIndexOf(2)).toString()) as ReceivedPush['payload'];
}
