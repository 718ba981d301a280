import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { DeliveryChannel } from './channel.js';
import { type InvalidPlugin } from './invalid-plugin.js';
import { assertSound } from './plugin-faults.js';
import { definePlugin, EXTENSION_VERSION, type Plugin, THIS_COPY } from './plugin.js';
import { DeliveryProvider } from './provider.js';
import { WebhookScheme } from './webhook-scheme.js';

class Fields {}

const aChannel = (name: string, className = `${name}Channel`): Type<never> => {
  const type = { [className]: class {} }[className]!;
  DeliveryChannel({ name, title: name, content: Fields })(type);
  return type as Type<never>;
};
const aProvider = (kind: string, channels = ['fax'], className = `${kind}Provider`): Type<never> => {
  const type = { [className]: class {} }[className]!;
  DeliveryProvider({ kind, channels, title: kind, settings: Fields })(type);
  return type as Type<never>;
};
const aScheme = (name: string, className = `${name}Scheme`): Type<never> => {
  const type = { [className]: class {} }[className]!;
  WebhookScheme({ name, title: name })(type);
  return type as Type<never>;
};
const aPlugin = (wish: Partial<Plugin> = {}): Plugin =>
  definePlugin({ name: '@acme/fax', compatibility: '^1.0.0', channels: [aChannel('fax')], ...wish });

function faultsOf(...plugins: Plugin[]): readonly string[] {
  try {
    assertSound(plugins);
    return [];
  } catch (error) {
    return (error as InvalidPlugin).problems;
  }
}

const other = { name: '@other/fax' };

describe('plugins', () => {
  it('are taken when nothing stands against them', () => {
    expect(
      faultsOf(
        aPlugin({ providers: [aProvider('acme')], schemes: [aScheme('acme')] }),
        definePlugin({ ...other, compatibility: '*' }),
      ),
    ).toEqual([]);
  });

  it.each<[string, Plugin[], string]>([
    [
      'is no plugin',
      [aPlugin(), { name: 'x', compatibility: '*' }],
      'Plugin 2 of the list is none: make it with definePlugin.',
    ],
    [
      'is of another major version',
      [aPlugin({ compatibility: '^2.0.0' })],
      `@acme/fax is for version ^2.0.0 of the extension contracts; this is version ${EXTENSION_VERSION}.`,
    ],
    [
      'needs what came later',
      [aPlugin({ compatibility: '^1.99.0' })],
      `@acme/fax is for version ^1.99.0 of the extension contracts; this is version ${EXTENSION_VERSION}.`,
    ],
    [
      'says no version',
      [aPlugin({ compatibility: 'latest' })],
      '@acme/fax does not say what it is for: its compatibility must be like "^1.0.0", or "*".',
    ],
    ['is listed twice', [aPlugin(), aPlugin({ channels: [] })], 'The plugin @acme/fax is listed twice.'],
    [
      'brings a kind of provider that is there',
      [
        aPlugin({ providers: [aProvider('acme')] }),
        aPlugin({ ...other, channels: [], providers: [aProvider('acme')] }),
      ],
      'Two providers are of the kind acme: acmeProvider of @acme/fax and acmeProvider of @other/fax.',
    ],
    [
      'brings a channel that is there',
      [aPlugin(), aPlugin({ ...other })],
      'Two channels are named fax: faxChannel of @acme/fax and faxChannel of @other/fax.',
    ],
    [
      'has a provider for a channel that nobody brings',
      [aPlugin({ providers: [aProvider('acme', ['fax', 'telex'])] })],
      'The provider acme of @acme/fax serves the channel telex, which no plugin brings.',
    ],
    [
      'has a provider for nothing',
      [aPlugin({ providers: [aProvider('acme', [])] })],
      'The provider acme of @acme/fax serves no channel.',
    ],
    [
      'lists a class without the decorator',
      [aPlugin({ providers: [Fields as Type<never>] })],
      '@acme/fax lists Fields among its providers, which is no class with @DeliveryProvider.',
    ],
    [
      'lists what is no class',
      [aPlugin({ channels: [undefined as unknown as Type<never>] })],
      '@acme/fax lists undefined among its channels, which is no class with @DeliveryChannel.',
    ],
    [
      'brings a webhook scheme that is there',
      [
        aPlugin({ schemes: [aScheme('acme')] }),
        aPlugin({ ...other, channels: [], schemes: [aScheme('acme', 'Another')] }),
      ],
      'Two webhook schemes are named acme: acmeScheme of @acme/fax and Another of @other/fax.',
    ],
    [
      'lists a scheme without the decorator',
      [aPlugin({ schemes: [Fields as Type<never>] })],
      '@acme/fax lists Fields among its schemes, which is no class with @WebhookScheme.',
    ],
    [
      'names a webhook scheme as nobody would write it',
      [aPlugin({ schemes: [aScheme('Acme Signs', 'Acme')] })],
      '@acme/fax names a webhook scheme "Acme Signs"; a name is of the form ^[a-z][a-z0-9_-]{0,39}$.',
    ],
    [
      'names a channel that the database cannot keep',
      [aPlugin({ channels: [aChannel('facsimile-machine', 'Fax')] })],
      '@acme/fax names a channel "facsimile-machine"; a name is of the form ^[a-z][a-z0-9_-]{0,15}$.',
    ],
  ])('are refused when one %s', (_what, plugins, sentence) => {
    expect(faultsOf(...plugins)).toEqual([sentence]);
  });

  it('are refused when one was made with another copy of this package', () => {
    const strange = Object.defineProperty({ ...aPlugin() }, Symbol.for('chatapi.plugin'), {
      value: 'file:///elsewhere',
    });

    expect(faultsOf(strange)).toEqual([expect.stringMatching(/^@acme\/fax was made with another copy of chatapi/)]);
    expect(THIS_COPY).toMatch(/extension\/plugin/);
  });

  it('have all their faults listed at once', () => {
    expect(faultsOf(aPlugin({ compatibility: '^2.0.0' }), aPlugin({ ...other, compatibility: '' }))).toHaveLength(2);
  });
});
