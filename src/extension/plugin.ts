import type { Type } from '@nestjs/common';
import { type Channel, channelDescriptorOf, type ChannelDescriptor } from './channel.js';
import type { Provider } from './provider.js';
import type { Scheme } from './webhook-scheme.js';

/** The version of these contracts; a plugin says which it was written for. */
export const EXTENSION_VERSION = '1.0.0';

export interface Plugin {
  /** As in a package registry. */
  readonly name: string;
  /** The contract versions it works with: `^1.0.0`, or `*`. */
  readonly compatibility: string;
  readonly channels?: readonly Type<Channel<never, object>>[];
  readonly providers?: readonly Type<Provider<never, never>>[];
  /** How inbound webhooks are verified. */
  readonly schemes?: readonly Type<Scheme<never>>[];
}

/** The same in every copy of this package: what it leads to says which copy made a plugin. */
const MADE_BY = Symbol.for('chatapi.plugin');
export const THIS_COPY = import.meta.url;

/** Declares a plugin: what its package exports, and `CHATAPI_PLUGINS` or `start({ plugins })` brings in. */
export const definePlugin = (plugin: Plugin): Plugin =>
  Object.freeze(Object.defineProperty({ ...plugin }, MADE_BY, { value: THIS_COPY }));

/** The copy of this package whose {@link definePlugin} made it; undefined for what is no plugin. */
export const makerOf = (thing: unknown): string | undefined =>
  typeof thing === 'object' && thing !== null ? (thing as { [MADE_BY]?: string })[MADE_BY] : undefined;

/** What the plugins' channels say of themselves. */
export const channelsOf = (plugins: readonly Plugin[]): ChannelDescriptor[] =>
  plugins.flatMap(({ channels = [] }) => channels.flatMap((type) => channelDescriptorOf(type) ?? []));
