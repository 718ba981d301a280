import webPush from 'web-push';
import {
  DeliveryProvider,
  type Outcome,
  outcomeOfFailure,
  type Provider,
  type ProviderContext,
  type PushMessage,
  type PushSubscription,
  rejected,
} from '../../extension/index.js';
import { answererOf, FOUR_WEEKS_SECONDS, outcomeOf, PAYLOAD_MAX_BYTES, payloadOf } from './webpush.rules.js';
import { WebPushSettings } from './webpush.settings.js';

type Context = ProviderContext<WebPushSettings>;

/** Push to browsers: RFC 8030, encrypted by RFC 8291, signed by RFC 8292. Its endpoint is whatever a device named. */
@DeliveryProvider({
  kind: 'webpush',
  channels: ['push'],
  title: 'Web Push',
  settings: WebPushSettings,
  addresses: ['webpush'],
})
export class WebPushProvider implements Provider<WebPushSettings, PushMessage> {
  async send(context: Context, message: PushMessage): Promise<Outcome> {
    const { address } = message.device;
    if (!('subscription' in address)) return rejected('invalid_recipient', 'The device is no browser.');
    const { subscription } = address;
    if (!URL.canParse(subscription.endpoint)) return rejected('invalid_recipient', 'The endpoint is no URL.');
    const endpoint = new URL(subscription.endpoint).href; // the library reads it by an older standard
    const payload = payloadOf(message, context);
    if (payload.length > PAYLOAD_MAX_BYTES)
      return rejected('provider_rejected', `The push is ${payload.length} bytes long; ${PAYLOAD_MAX_BYTES} fit.`);
    const request = requestOf(context.settings, { ...subscription, endpoint }, message, payload);
    if (request instanceof Error) return rejected('invalid_recipient', request.message);
    try {
      return outcomeOf(await context.fetch(endpoint, request), endpoint);
    } catch (error) {
      return outcomeOfFailure(error, answererOf(endpoint));
    }
  }
}

/** @returns what is wrong with the subscription's keys; ours were checked when they were set */
function requestOf(
  { subject, publicKey, privateKey, urgency = 'normal' }: WebPushSettings,
  subscription: PushSubscription,
  { collapseId, ttlSeconds }: PushMessage,
  payload: Buffer,
) {
  try {
    const { headers, body } = webPush.generateRequestDetails({ ...subscription }, payload, {
      vapidDetails: { subject, publicKey, privateKey },
      TTL: ttlSeconds ?? FOUR_WEEKS_SECONDS,
      urgency,
      ...(collapseId !== null && { topic: collapseId }),
    });
    const said: Readonly<Record<string, string | number>> = headers; // the TTL is a number, whatever its type says
    const fields = Object.entries(said).map(([name, value]) => [name.toLowerCase(), String(value)]);
    return {
      method: 'POST' as const,
      headers: Object.fromEntries(fields) as Record<string, string>,
      body: body ?? Buffer.alloc(0),
    };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
