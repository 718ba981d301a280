import {
  detailOf,
  gone,
  type HttpAnswer,
  type Outcome,
  outcomeOfRefusal,
  providerFault,
  type PushMessage,
  rejected,
  retryAfterOf,
  retryLater,
  sent,
} from '../../extension/index.js';

const FCM_ERROR = 'type.googleapis.com/google.firebase.fcm.v1.FcmError';
/** "Retry with a minimum initial delay of one minute": https://firebase.google.com/docs/cloud-messaging/error-codes */
const QUOTA_SECONDS = 60;
/** Of the column that keeps it. */
const REFERENCE_MAX = 300;
const NOT_A_TOKEN = /registration token/i;

interface Refusal {
  readonly code: string | undefined;
  readonly isAboutToken: boolean;
}

/** A message in the form of HTTP v1: https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages */
export function messageOf(
  { title, body, data, collapseId, ttlSeconds }: PushMessage,
  {
    token,
    deliveryId,
    nowSeconds,
  }: { readonly token: string; readonly deliveryId: string; readonly nowSeconds: number },
): object {
  const texts = Object.entries(data).map(([name, value]) => [name, textOf(value)]);
  const expiry = ttlSeconds === null ? null : ttlSeconds === 0 ? 0 : nowSeconds + ttlSeconds;
  const apns = {
    ...(collapseId !== null && { 'apns-collapse-id': collapseId }),
    ...(expiry !== null && { 'apns-expiration': `${expiry}` }),
  };
  const android = {
    ...(collapseId !== null && { collapse_key: collapseId, notification: { tag: collapseId } }),
    ...(ttlSeconds !== null && { ttl: `${ttlSeconds}s` }),
  };
  return {
    token,
    notification: { title, body },
    data: { deliveryId, ...(Object.fromEntries(texts) as Record<string, string>) },
    ...(Object.keys(android).length > 0 && { android }),
    ...(Object.keys(apns).length > 0 && { apns: { headers: apns } }),
  };
}

/** FCM takes texts alone. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** What FCM refuses a call for because the access token is not one, or is none any more. */
export const wantsNewToken = (answer: HttpAnswer): boolean =>
  answer.status === 401 && refusalOf(answer).code !== 'THIRD_PARTY_AUTH_ERROR';

/** https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode */
export function outcomeOf(answer: HttpAnswer): Outcome {
  const { status } = answer;
  const detail = detailOf(answer);
  if (status >= 200 && status < 300) {
    const { name } = fieldsOf(answer.text);
    return typeof name === 'string' ? sent(name.slice(0, REFERENCE_MAX)) : providerFault(`Is this FCM? ${detail}`);
  }
  const { code, isAboutToken } = refusalOf(answer);
  const retryAfterSeconds = retryAfterOf(answer);
  switch (code) {
    case 'UNREGISTERED':
      return gone(detail);
    case 'INVALID_ARGUMENT':
      return isAboutToken ? gone(detail) : rejected('provider_rejected', detail);
    case 'SENDER_ID_MISMATCH': // of another project's app: no fault of ours
    case 'NOT_FOUND': // without FCM's own word that the token is unregistered
      return rejected('invalid_recipient', detail);
    case 'QUOTA_EXCEEDED':
      return retryLater(detail, retryAfterSeconds ?? QUOTA_SECONDS);
    case 'UNAVAILABLE':
    case 'INTERNAL':
      return providerFault(detail, { retryAfterSeconds });
    case 'THIRD_PARTY_AUTH_ERROR': // the project's own key for Apple, or for browsers
      return providerFault(detail);
    default:
      return status === 404 ? providerFault(detail) : outcomeOfRefusal(answer);
  }
}

/** FCM's own code, which stands in the details; else the status of all of Google's APIs. */
function refusalOf({ text }: HttpAnswer): Refusal {
  const { error } = fieldsOf(text);
  const { status, message, details } = fieldsIn(error);
  const parts = Array.isArray(details) ? details.map(fieldsIn) : [];
  const own = parts.find((part) => part['@type'] === FCM_ERROR)?.errorCode;
  const violations = parts.flatMap(({ fieldViolations: faults }) =>
    Array.isArray(faults) ? faults.map(fieldsIn) : [],
  );
  const code = [own, status].find((value) => typeof value === 'string');
  return {
    code,
    isAboutToken: violations.some(({ field }) => field === 'message.token') || NOT_A_TOKEN.test(String(message)),
  };
}

export function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return fieldsIn(JSON.parse(text));
  } catch {
    return {};
  }
}

const fieldsIn = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};
