import {
  type InboundRequest,
  InvalidSignature,
  isSignedByOne,
  isTimely,
  jsonObjectOf,
  newSigningSecret,
  objectOf,
  onceById,
  type Scheme,
  shownText,
  type Verification,
  type Verified,
  type WebhookAnswer,
  WebhookScheme,
} from '../../extension/index.js';

const VERSION = 'v0';

/** https://docs.slack.dev/authentication/verifying-requests-from-slack: events, commands and interactions alike. */
@WebhookScheme({ name: 'slack', title: 'Slack' })
export class SlackScheme implements Scheme<object> {
  /** Until the app's own is set. */
  newSecret(): string {
    return newSigningSecret();
  }

  verify({ headers, body }: InboundRequest, verification: Verification<object>): Verified {
    const time = headers['x-slack-request-timestamp'];
    const value = headers['x-slack-signature'];
    if (!value?.startsWith(`${VERSION}=`) || !isTimely(time, verification)) throw new InvalidSignature();
    const signed = [`${VERSION}:${time}:`, body];
    if (!isSignedByOne(verification.secrets, [value.slice(VERSION.length + 1)], signed)) throw new InvalidSignature();
    const said = jsonObjectOf(body);
    const { event_id: id, event, type } = said;
    return {
      dedupeKey: onceById(id, signed),
      eventId: shownText(id),
      type: shownText(objectOf(event).type ?? type),
      challenge: challengeOf(said),
    };
  }
}

/** https://docs.slack.dev/reference/events/url_verification */
const challengeOf = ({ type, challenge }: Readonly<Record<string, unknown>>): WebhookAnswer | undefined =>
  type === 'url_verification' && typeof challenge === 'string'
    ? { contentType: 'application/json', body: JSON.stringify({ challenge }) }
    : undefined;
