import {
  type ContentFault,
  type InboundRequest,
  InvalidSignature,
  isSignedByOne,
  isTimely,
  jsonObjectOf,
  newWebhookSecret,
  onceById,
  type Scheme,
  shownText,
  type Verification,
  type Verified,
  WebhookScheme,
} from '../../extension/index.js';

const PREFIX = 'whsec_';
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** The specification's own names, and those of Svix, where it came from and which many send by. */
const FAMILIES = ['webhook', 'svix'];

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, with a symmetric secret. */
@WebhookScheme({ name: 'standard', title: 'Standard Webhooks' })
export class StandardScheme implements Scheme<object> {
  faultsOf({ secret }: { readonly secret?: string }): ContentFault[] {
    if (secret === undefined || keysOf(secret).length > 0) return [];
    const message = `What follows ${PREFIX} must be Base64; public keys are not supported`;
    return [{ pointer: '/secret', code: 'secret_form', message }];
  }

  newSecret(): string {
    return newWebhookSecret();
  }

  verify({ headers, body }: InboundRequest, verification: Verification<object>): Verified {
    const family = FAMILIES.find((name) => headers[`${name}-id`] !== undefined) ?? '';
    const [id, time, signatures] = ['id', 'timestamp', 'signature'].map((name) => headers[`${family}-${name}`]);
    if (!id || !signatures || !isTimely(time, verification)) throw new InvalidSignature();
    const given = signatures.split(' ').flatMap((one) => (one.startsWith('v1,') ? one.slice(3) : []));
    const keys = verification.secrets.flatMap(keysOf);
    const signed = [`${id}.${time}.`, body];
    if (!isSignedByOne(keys, given, signed, { encoding: 'base64' })) throw new InvalidSignature();
    return { dedupeKey: onceById(id, signed), eventId: shownText(id), type: shownText(jsonObjectOf(body).type) };
  }
}

/** With the prefix it is Base64; without it libraries differ about whether it is that, or the key itself. */
function keysOf(secret: string): Buffer[] {
  if (/^wh[ps]k_/.test(secret)) return []; // of the asymmetric signature
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  const key = BASE64.test(encoded) ? Buffer.from(encoded, 'base64') : Buffer.alloc(0);
  return [key, ...(encoded === secret ? [Buffer.from(secret)] : [])].filter(({ length }) => length > 0);
}
