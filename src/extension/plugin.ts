import type { Type } from '@nestjs/common';
import { type Channel, channelDescriptorOf, type ChannelDescriptor } from './channel.js';
import type { Provider } from './provider.js';

/** The version of these contracts; a plugin says which it was written for. */
export const EXTENSION_VERSION = '1.0.0';

export interface Plugin {
  /** As in a package registry. */
  readonly name: string;
  /** The contract versions it works with: `^1.0.0`, or `*`. */
  readonly compatibility: string;
  readonly channels?: readonly Type<Channel<never, object>>[];
  readonly providers?: readonly Type<Provider<never, never>>[];
}

/** Declares a plugin, to be listed in `AppModule.forRoot({ plugins })`. */
export const definePlugin = (plugin: Plugin): Plugin => Object.freeze(plugin);

/** @throws Error naming the plugins that were written for another version */
export function assertCompatible(plugins: readonly Plugin[]): void {
  const [major] = EXTENSION_VERSION.split('.');
  const wrong = plugins.filter(
    ({ compatibility }) => compatibility !== '*' && compatibility.replace(/^\^/, '').split('.')[0] !== major,
  );
  if (wrong.length === 0) return;
  throw new Error(
    `Not written for version ${EXTENSION_VERSION} of the extension contracts: ${wrong.map(({ name, compatibility }) => `${name} (${compatibility})`).join(', ')}`,
  );
}

/** What the plugins' channels say of themselves. */
export const channelsOf = (plugins: readonly Plugin[]): ChannelDescriptor[] =>
  plugins.flatMap(({ channels = [] }) => channels.flatMap((type) => channelDescriptorOf(type) ?? []));
