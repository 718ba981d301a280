import {
  type CallContext,
  type ContentFault,
  DeliveryProvider,
  detailOf,
  type HttpAnswer,
  type Outcome,
  outcomeOfFailure,
  outcomeOfRefusal,
  type Provider,
  type ProviderContext,
  providerFault,
  type PushMessage,
  rejected,
} from '../../extension/index.js';
import { messageOf, outcomeOf, wantsNewToken } from './fcm.rules.js';
import { accountOf, faultsOf, FcmSettings } from './fcm.settings.js';
import { AccessTokens, TokenRefused } from './fcm.tokens.js';

type Context = CallContext<FcmSettings>;

const DEFAULT_URL = 'https://fcm.googleapis.com';
/** Nobody is subscribed to it; a message to it that is only validated shows whether one could be sent. */
const VERIFIED_TOPIC = 'chatapi-verify';

/** Push to apps through Firebase Cloud Messaging, HTTP v1. */
@DeliveryProvider({
  kind: 'fcm',
  channels: ['push'],
  title: 'Firebase Cloud Messaging',
  settings: FcmSettings,
  addresses: ['fcm'],
})
export class FcmProvider implements Provider<FcmSettings, PushMessage> {
  private readonly tokens = new AccessTokens();

  faultsOf(settings: FcmSettings): ContentFault[] {
    return faultsOf(settings);
  }

  async send(context: ProviderContext<FcmSettings>, push: PushMessage): Promise<Outcome> {
    const { address } = push.device;
    if (!('token' in address)) return rejected('invalid_recipient', 'The device has no registration token.');
    const nowSeconds = Math.floor(Date.now() / 1_000);
    const message = messageOf(push, { token: address.token, deliveryId: context.deliveryId, nowSeconds });
    try {
      return outcomeOf(await this.post(context, { message }));
    } catch (error) {
      return error instanceof TokenRefused ? outcomeOfNoToken(error) : outcomeOfFailure(error);
    }
  }

  async verify(context: Context): Promise<void> {
    const message = { topic: VERIFIED_TOPIC, data: { verify: '1' } };
    const answer = await this.post(context, { validate_only: true, message });
    if (answer.status !== 200) throw new Error(detailOf(answer));
  }

  /** A token may be taken back before its time: then there is another, once. */
  private async post(context: Context, body: object): Promise<HttpAnswer> {
    const token = await this.tokens.of(context);
    const answer = await call(context, token, body);
    if (!wantsNewToken(answer)) return answer;
    await this.tokens.drop(context, token);
    return call(context, await this.tokens.of(context), body);
  }
}

function call({ settings, fetch }: Context, token: string, body: object): Promise<HttpAnswer> {
  const { baseUrl = DEFAULT_URL } = settings;
  return fetch(`${baseUrl.replace(/\/$/, '')}/v1/projects/${accountOf(settings).project_id}/messages:send`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** Whatever is refused there is refused to us: no device has had a part in it. */
function outcomeOfNoToken({ message, answer }: TokenRefused): Outcome {
  const refusal = outcomeOfRefusal(answer);
  return providerFault(message, 'retryAfterSeconds' in refusal ? { retryAfterSeconds: refusal.retryAfterSeconds } : {});
}
