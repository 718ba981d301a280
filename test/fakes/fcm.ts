import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { aVendor, type Vendor, type VendorAnswer, type VendorCall } from './vendor.js';

const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging';
const FCM_ERROR = 'type.googleapis.com/google.firebase.fcm.v1.FcmError';
const TOKEN_SECONDS = 3_599;

export interface FakeFcm extends Vendor {
  /** As the console gives it. */
  readonly serviceAccount: Readonly<Record<string, string>>;
  /** What phones got. */
  readonly messages: Readonly<Record<string, unknown>>[];
  /** Every access token that it gave, the newest last; those in `revoked` are not taken any more. */
  readonly tokens: string[];
  readonly revoked: Set<string>;
  /** How long a token is said to hold. */
  tokenSeconds: number;
}

export const fcmError = (status: number, code: string, message = 'no'): VendorAnswer => ({
  status,
  body: { error: { code: status, message, status: code, details: [{ '@type': FCM_ERROR, errorCode: code }] } },
});

/** Making one takes long enough to share it. */
const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2_048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

/** Google's token endpoint at `/token`, and FCM's HTTP v1 API of one project, as documented. */
export async function anFcm(projectId = 'corner-shop'): Promise<FakeFcm> {
  const email = `push@${projectId}.iam.gserviceaccount.com`;
  const state = { messages: [], tokens: [], revoked: new Set<string>(), tokenSeconds: TOKEN_SECONDS };
  const vendor: Vendor = await aVendor((call) => {
    if (call.path === '/token') return tokenOf(call, fake, publicKey);
    const given = /^Bearer (.+)$/.exec(call.headers.authorization ?? '')?.[1] ?? '';
    if (!fake.tokens.includes(given) || fake.revoked.has(given))
      return { status: 401, body: { error: { code: 401, message: 'bad credentials', status: 'UNAUTHENTICATED' } } };
    if (call.path !== `/v1/projects/${projectId}/messages:send`) return { status: 404, body: 'Not Found' };
    return taken(call, fake, projectId);
  });
  const serviceAccount = {
    ...{ type: 'service_account', project_id: projectId, private_key_id: '0123456789abcdef', private_key: privateKey },
    ...{ client_email: email, client_id: '1', token_uri: `${vendor.url}/token`, universe_domain: 'googleapis.com' },
  };
  const fake: FakeFcm = Object.assign(vendor, state, { serviceAccount });
  return fake;
}

/** RFC 7523: gives a token for an assertion that is signed by the account's key, for this address and now. */
function tokenOf({ body }: VendorCall, fake: FakeFcm, publicKey: string): VendorAnswer {
  const form = new URLSearchParams(body.toString());
  const [header = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
  const key = createPublicKey(publicKey);
  const isSigned = verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'));
  if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer' || !isSigned)
    return { status: 400, body: { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' } };
  const said = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
  const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { alg?: string };
  const expected = { iss: fake.serviceAccount.client_email, scope: SCOPE, aud: `${fake.url}/token` };
  const isRight = Object.entries(expected).every(([name, value]) => said[name] === value);
  const lives = Number(said.exp) - Number(said.iat);
  if (
    alg !== 'RS256' ||
    !isRight ||
    lives <= 0 ||
    lives > 3_600 ||
    Math.abs(Number(said.iat) - Date.now() / 1_000) > 60
  )
    return { status: 400, body: { error: 'invalid_grant', error_description: 'Invalid JWT.' } };
  const access = `ya29.token-${fake.tokens.length}`;
  fake.tokens.push(access);
  return { body: { access_token: access, expires_in: fake.tokenSeconds, token_type: 'Bearer' } };
}

function taken({ body }: VendorCall, { messages }: FakeFcm, projectId: string): VendorAnswer {
  const { message, validate_only: isDry } = JSON.parse(body.toString()) as {
    message: { token?: string; topic?: string; data?: Record<string, unknown> };
    validate_only?: boolean;
  };
  if (Object.values(message.data ?? {}).some((value) => typeof value !== 'string'))
    return fcmError(400, 'INVALID_ARGUMENT', "Invalid value at 'message.data[0].value' (TYPE_STRING), 12");
  if (message.token === 'not-a-token')
    return fcmError(400, 'INVALID_ARGUMENT', 'The registration token is not a valid FCM registration token');
  if (message.token?.startsWith('gone-')) return fcmError(404, 'UNREGISTERED', 'Requested entity was not found.');
  if (isDry !== true) messages.push(message);
  return { body: { name: `projects/${projectId}/messages/${isDry === true ? 'fake_message_id' : messages.length}` } };
}
