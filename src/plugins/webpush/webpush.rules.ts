import {
  type Answerer,
  detailOf,
  gone,
  type HttpAnswer,
  type Outcome,
  outcomeOfRefusal,
  providerFault,
  type PushMessage,
  rejected,
  sent,
} from '../../extension/index.js';

/** RFC 8291 4: what fits encrypted into the 4,096 bytes that every push service takes. */
export const PAYLOAD_MAX_BYTES = 3_993;
/** As long as a push service may keep one; what a message without a time of its own asks for. */
export const FOUR_WEEKS_SECONDS = 2_419_200;
/** Of the columns that keep it. */
const REFERENCE_MAX = 250;

/**
 * The services of the browsers: what these say of our keys, or their being out of order, is true for everybody. Any other
 * endpoint is whatever a user's device named, and must not speak for the provider.
 */
const BROWSERS_SERVICES =
  /(^|\.)(fcm\.googleapis\.com|push\.services\.mozilla\.com|push\.apple\.com|notify\.windows\.com)$/;

/** The subscription was made with other keys than ours: no fault of ours, and no other device's. */
const OTHER_KEYS = /mismatch|do not correspond/i;
const ABOUT_VAPID = /vapid|jwt|authorization/i;

/** What the service worker of the page gets. */
export const payloadOf = (
  { title, body, data, collapseId }: PushMessage,
  { deliveryId }: { readonly deliveryId: string },
): Buffer =>
  Buffer.from(JSON.stringify({ title, body, data, ...(collapseId !== null && { tag: collapseId }), deliveryId }));

export const answererOf = (endpoint: string): Answerer =>
  URL.canParse(endpoint) && BROWSERS_SERVICES.test(new URL(endpoint).hostname) ? 'provider' : 'recipient';

export function outcomeOf(answer: HttpAnswer, endpoint: string): Outcome {
  const { status, text, headers } = answer;
  const detail = detailOf(answer);
  if (status >= 200 && status < 300) return sent(headers.location?.slice(0, REFERENCE_MAX));
  switch (status) {
    case 404:
    case 410:
      return gone(detail);
    case 413:
      return rejected('provider_rejected', detail);
    case 400:
    case 401:
    case 403: {
      if (OTHER_KEYS.test(text)) return rejected('invalid_recipient', detail);
      const isOurs = answererOf(endpoint) === 'provider' && (status !== 400 || ABOUT_VAPID.test(text));
      return isOurs ? providerFault(detail) : rejected('provider_rejected', detail);
    }
    default:
      return outcomeOfRefusal(answer, answererOf(endpoint));
  }
}
