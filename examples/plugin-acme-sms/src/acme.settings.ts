import { Secret, Text, Url } from 'chatapi';

/** What a client gives for Acme. The decorators validate it, describe it in the catalog, and say what is a secret. */
export class AcmeSettings {
  @Secret()
  @Text({ min: 8, max: 200, example: '••••', description: 'Of the account' })
  readonly apiKey: string;
  @Secret()
  @Text({ min: 8, max: 200, optional: true, example: '••••', description: 'What Acme signs its events with' })
  readonly signingSecret?: string;
  @Url({ optional: true, default: 'https://api.acme.example', description: 'Another region' })
  readonly baseUrl?: string;
}
