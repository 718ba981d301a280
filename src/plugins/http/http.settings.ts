import { IntList, JsonObject, OneOf, Part, Secret, Text, Url } from '../../extension/index.js';

export const METHODS = ['POST', 'PUT', 'PATCH'] as const;
const EXPRESSION_MAX = 1_000;

export class HttpSuccessSettings {
  @IntList({
    ...{ min: 200, max: 599, length: 20 },
    optional: true,
    example: [200, 202],
    description: 'Statuses of the answer; any 2xx unless told',
  })
  readonly status?: number[];
  @Text({
    min: 1,
    max: EXPRESSION_MAX,
    optional: true,
    example: "body.status == 'queued'",
    description: 'JMESPath over the answer {status, body} that must hold besides',
  })
  readonly when?: string;
}

export class HttpSettings {
  @Text({ min: 1, max: 16, example: 'sms', description: 'The channel whose messages it takes' })
  readonly channel: string;
  @Url({ example: 'https://gateway.example/v1/messages' })
  readonly url: string;
  @OneOf(METHODS, { optional: true, default: 'POST' })
  readonly method?: (typeof METHODS)[number];
  @Secret()
  @JsonObject({
    optional: true,
    example: { Authorization: 'Bearer ••••' },
    description: 'Header names and their values, all of which are secret',
  })
  readonly headers?: Readonly<Record<string, unknown>>;
  @JsonObject({
    example: { to: { $: 'message.to' }, text: { $: 'message.text' }, reference: { $: 'delivery.id' } },
    description:
      'Sent as JSON; {"$": expression} stands for what the JMESPath expression gives over {message, delivery}',
  })
  readonly body: Readonly<Record<string, unknown>>;
  @Part(() => HttpSuccessSettings, { optional: true })
  readonly success?: HttpSuccessSettings;
  @Text({
    min: 1,
    max: EXPRESSION_MAX,
    optional: true,
    example: 'body.id',
    description: 'JMESPath over the answer {status, body} that gives its own id of the message',
  })
  readonly referencePath?: string;
}
