import {
  type InboundRequest,
  newSigningSecret,
  onceById,
  type Scheme,
  shownText,
  type Verification,
  type Verified,
  WebhookScheme,
} from '../../extension/index.js';
import { signedCallOf } from './mailgun.signature.js';

/** For what Mailgun tells that is no receipt of a message sent from here: those go to a provider's `eventsUrl`. */
@WebhookScheme({ name: 'mailgun', title: 'Mailgun', leavesBodyUnsigned: true })
export class MailgunScheme implements Scheme<object> {
  /** Until the account's own is set. */
  newSecret(): string {
    return newSigningSecret();
  }

  verify({ body }: InboundRequest, verification: Verification<object>): Verified {
    const { token, signed, event } = signedCallOf(body, verification);
    return { dedupeKey: onceById(token, signed), eventId: shownText(event.id), type: shownText(event.event) };
  }
}
