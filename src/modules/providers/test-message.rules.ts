import type { Destination } from '../../extension/channel.js';
import type { DeviceAddress, PushSubscription } from '../../extension/messages.js';

const SUBJECT = 'Test message';
const TEXT = 'This is a test message: the provider works.';

/** What a test sends on the channels of the house; null for one that only a plugin knows. */
export const testContentOf = (channel: string): object | null =>
  ({
    email: { subject: SUBJECT, text: TEXT },
    sms: { text: TEXT },
    push: { title: SUBJECT, body: TEXT },
    webhook: { body: { type: 'test', text: TEXT } },
  })[channel] ?? null;

const FORMS: Readonly<Record<string, RegExp>> = {
  email: /^[^\s\0-\x1f\x7f"(),:;<>@[\\\]]+@[a-z0-9.-]+$/i,
  sms: /^\+[1-9]\d{5,14}$/,
  webhook: /^https?:\/\/\S+$/,
};

/**
 * Where a test goes; null when `to` is no address of the channel. A push goes to a token, or to the JSON of a browser's
 * `PushSubscription`.
 */
export function destinationOf(channel: string, addresses: readonly string[], to: string): Destination | null {
  if (channel === 'push') return deviceOf(addresses, to);
  const form = FORMS[channel];
  return form && !form.test(to) ? null : { recipient: to, name: null, kind: null, device: null };
}

function deviceOf(addresses: readonly string[], to: string): Destination | null {
  const subscription = subscriptionOf(to);
  const kind = subscription ? 'webpush' : (addresses.find((one) => one !== 'webpush') ?? 'fcm');
  const device: DeviceAddress = subscription ? { subscription } : { token: to };
  const isReached = addresses.length === 0 || addresses.includes(kind);
  return isReached ? { recipient: 'test', name: null, kind, device } : null;
}

function subscriptionOf(to: string): PushSubscription | null {
  if (!to.startsWith('{')) return null;
  try {
    const { endpoint, keys } = JSON.parse(to) as Partial<PushSubscription>;
    const isWhole = typeof endpoint === 'string' && typeof keys?.p256dh === 'string' && typeof keys.auth === 'string';
    return isWhole ? { endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } } : null;
  } catch {
    return null;
  }
}
