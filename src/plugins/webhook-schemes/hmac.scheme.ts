import {
  type ContentFault,
  type InboundRequest,
  InvalidSignature,
  isSignedByOne,
  isTimely,
  newSigningSecret,
  onceByBytes,
  type Scheme,
  type Verification,
  type Verified,
  WebhookScheme,
} from '../../extension/index.js';
import { HmacSettings } from './hmac.settings.js';

/** A signature in a header: whatever sender has no scheme of its own here. */
@WebhookScheme({ name: 'hmac', title: 'HMAC in a header', settings: HmacSettings })
export class HmacScheme implements Scheme<HmacSettings> {
  faultsOf({ settings }: { readonly settings: HmacSettings }): ContentFault[] {
    const { header, timestampHeader, signedPayload } = settings;
    const faultAt = (code: string, message: string): ContentFault[] => [{ pointer: '/timestampHeader', code, message }];
    if (signedPayload === 'timestamp.body' && timestampHeader === undefined)
      return faultAt('required', 'timestampHeader says where the time that is signed comes from');
    if (signedPayload === 'body' && timestampHeader !== undefined)
      return faultAt('not_signed', 'A time that is not signed proves nothing: let signedPayload be timestamp.body');
    if (timestampHeader?.toLowerCase() === header.toLowerCase())
      return faultAt('same_header', 'The time and the signature cannot be in one header');
    return [];
  }

  newSecret(): string {
    return newSigningSecret();
  }

  verify(request: InboundRequest, verification: Verification<HmacSettings>): Verified {
    const { algorithm, encoding } = verification.settings;
    const given = signatureOf(request, verification.settings);
    const signed = signedPartsOf(request, verification);
    if (!isSignedByOne(verification.secrets, [given], signed, { algorithm, encoding })) throw new InvalidSignature();
    return { dedupeKey: onceByBytes(signed) };
  }
}

/** Hexadecimal may be in either case: senders differ. */
function signatureOf({ headers }: InboundRequest, { header, prefix = '', encoding }: HmacSettings): string {
  const value = headerOf(headers, header);
  if (!value?.startsWith(prefix)) throw new InvalidSignature();
  const signature = value.slice(prefix.length);
  return encoding === 'base64' ? signature : signature.toLowerCase();
}

function signedPartsOf(
  { headers, body }: InboundRequest,
  verification: Verification<HmacSettings>,
): (string | Buffer)[] {
  const { signedPayload, timestampHeader = '' } = verification.settings;
  if (signedPayload !== 'timestamp.body') return [body];
  const time = headerOf(headers, timestampHeader);
  if (!isTimely(time, verification)) throw new InvalidSignature();
  return [`${time}.`, body];
}

/** Clients name them, and `constructor` is a name, too. */
function headerOf(headers: InboundRequest['headers'], name: string): string | undefined {
  const known = name.toLowerCase();
  return Object.hasOwn(headers, known) ? headers[known] : undefined;
}
