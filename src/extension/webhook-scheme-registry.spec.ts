import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { ExtensionModule } from './extension.module.js';
import { Text } from '../platform/http/fields.js';
import { definePlugin } from './plugin.js';
import { WebhookSchemeRegistry } from './webhook-scheme-registry.js';
import { onceByBytes, type Scheme, WebhookScheme } from './webhook-scheme.js';

class AcmeSettings {
  @Text({ max: 10 })
  readonly header: string;
}

@WebhookScheme({ name: 'acme', title: 'Acme', settings: AcmeSettings })
class AcmeScheme implements Scheme<AcmeSettings> {
  verify() {
    return { dedupeKey: onceByBytes([]) };
  }
}

@WebhookScheme({ name: 'open', title: 'Open', isInsecure: true })
class OpenScheme extends AcmeScheme {}

const aPlugin = (name: string, ...schemes: (typeof AcmeScheme)[]) =>
  definePlugin({ name, compatibility: '^1.0.0', schemes });

describe('the webhook schemes of the plugins', () => {
  it('are found at boot by their names', async () => {
    const module = ExtensionModule.of([aPlugin('@acme/one', AcmeScheme), aPlugin('@acme/two', OpenScheme)]);
    const app = await Test.createTestingModule({ imports: [module] }).compile();
    await app.init();
    const schemes = app.get(WebhookSchemeRegistry);

    expect(schemes.all().map(({ name, isInsecure = false }) => [name, isInsecure])).toEqual([
      ['acme', false],
      ['open', true],
    ]);
    expect(schemes.find('acme')).toMatchObject({ title: 'Acme', settings: AcmeSettings });
    expect(schemes.find('acme')?.scheme).toBeInstanceOf(AcmeScheme);
    expect(schemes.find('open')?.settings.name).toBe('NoSettings');
    expect(schemes.find('toString')).toBeUndefined();
    await app.close();
  });
});
