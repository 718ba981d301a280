import type { Type } from '@nestjs/common';
import { type ChannelDescriptor, channelDescriptorOf } from './channel.js';
import { InvalidPlugin } from './invalid-plugin.js';
import { EXTENSION_VERSION, makerOf, type Plugin, THIS_COPY } from './plugin.js';
import { type ProviderDescriptor, providerDescriptorOf } from './provider.js';
import { webhookSchemeDescriptorOf } from './webhook-scheme.js';

/** A class that a plugin brings, with what its decorator says. */
interface Part<Descriptor> {
  readonly plugin: string;
  readonly type: Type<object>;
  readonly descriptor: Descriptor;
}

const CHANNEL_NAME = /^[a-z][a-z0-9_-]{0,15}$/;
const PROVIDER_KIND = /^[a-z][a-z0-9_-]{0,39}$/;
const SCHEME_NAME = PROVIDER_KIND;

/**
 * Refuses, before anything is started, plugins that cannot work.
 * @throws InvalidPlugin with a sentence for each fault
 */
export function assertSound(plugins: readonly Plugin[]): void {
  const problems = plugins.flatMap((plugin, n) => faultsOfOne(plugin, n));
  // What is no plugin has no parts to compare.
  if (problems.length === 0) problems.push(...faultsOfAll(plugins));
  if (problems.length > 0) throw new InvalidPlugin(problems);
}

function faultsOfOne(plugin: Plugin, n: number): string[] {
  const maker = makerOf(plugin);
  if (maker === undefined) return [`Plugin ${n + 1} of the list is none: make it with definePlugin.`];
  const { name, compatibility, channels = [], providers = [], schemes = [] } = plugin;
  if (maker !== THIS_COPY)
    return [
      `${name} was made with another copy of chatapi (${maker}): let it have chatapi as a peer dependency, so that both use one.`,
    ];
  return [
    ...versionFaults(name, compatibility),
    ...undecorated(name, 'channels', channels, channelDescriptorOf, '@DeliveryChannel'),
    ...undecorated(name, 'providers', providers, providerDescriptorOf, '@DeliveryProvider'),
    ...undecorated(name, 'schemes', schemes, webhookSchemeDescriptorOf, '@WebhookScheme'),
  ];
}

function versionFaults(name: string, compatibility: string): string[] {
  if (compatibility === '*') return [];
  const wanted = /^\^(\d+)\.(\d+)\.(\d+)$/.exec(compatibility)?.slice(1).map(Number);
  if (!wanted) return [`${name} does not say what it is for: its compatibility must be like "^1.0.0", or "*".`];
  const [major = 0, minor = 0, patch = 0] = EXTENSION_VERSION.split('.').map(Number);
  const isEnough = minor !== wanted[1] ? minor > (wanted[1] ?? 0) : patch >= (wanted[2] ?? 0);
  if (major === wanted[0] && isEnough) return [];
  return [`${name} is for version ${compatibility} of the extension contracts; this is version ${EXTENSION_VERSION}.`];
}

const undecorated = (
  plugin: string,
  list: string,
  types: readonly Type<object>[],
  descriptorOf: (type: Type<object>) => object | undefined,
  decorator: string,
): string[] =>
  types
    .filter((type) => typeof type !== 'function' || !descriptorOf(type))
    .map((type) => `${plugin} lists ${nameOf(type)} among its ${list}, which is no class with ${decorator}.`);

const nameOf = (type: unknown): string => (typeof type === 'function' ? type.name : String(type));

function faultsOfAll(plugins: readonly Plugin[]): string[] {
  const channels = plugins.flatMap((one) => partsOf(one, one.channels, channelDescriptorOf));
  const providers = plugins.flatMap((one) => partsOf(one, one.providers, providerDescriptorOf));
  const schemes = plugins.flatMap((one) => partsOf(one, one.schemes, webhookSchemeDescriptorOf));
  const twice = duplicates(plugins, ({ name }) => name).map(([{ name }]) => `The plugin ${name} is listed twice.`);
  if (twice.length > 0) return twice;
  return [
    ...channels.flatMap(({ plugin, descriptor: { name } }) => misnamed(plugin, 'channel', name, CHANNEL_NAME)),
    ...providers.flatMap(({ plugin, descriptor: { kind } }) =>
      misnamed(plugin, 'kind of provider', kind, PROVIDER_KIND),
    ),
    ...schemes.flatMap(({ plugin, descriptor: { name } }) => misnamed(plugin, 'webhook scheme', name, SCHEME_NAME)),
    ...duplicates(channels, ({ descriptor }) => descriptor.name).map(
      ([one, other]) => `Two channels are named ${one.descriptor.name}: ${both(one, other)}.`,
    ),
    ...duplicates(providers, ({ descriptor }) => descriptor.kind).map(
      ([one, other]) => `Two providers are of the kind ${one.descriptor.kind}: ${both(one, other)}.`,
    ),
    ...duplicates(schemes, ({ descriptor }) => descriptor.name).map(
      ([one, other]) => `Two webhook schemes are named ${one.descriptor.name}: ${both(one, other)}.`,
    ),
    ...providers.flatMap((provider) => channelFaults(provider, channels)),
  ];
}

const partsOf = <Descriptor>(
  { name }: Plugin,
  types: readonly Type<object>[] = [],
  descriptorOf: (type: Type<object>) => Descriptor | undefined,
): Part<Descriptor>[] =>
  types.flatMap((type) => {
    const descriptor = descriptorOf(type);
    return descriptor ? { plugin: name, type, descriptor } : [];
  });

const misnamed = (plugin: string, what: string, name: string, form: RegExp): string[] =>
  form.test(name) ? [] : [`${plugin} names a ${what} "${name}"; a name is of the form ${form.source}.`];

function duplicates<T>(things: readonly T[], nameOfThing: (thing: T) => string): [one: T, other: T][] {
  const seen = new Map<string, T>();
  return things.flatMap((thing): [T, T][] => {
    const earlier = seen.get(nameOfThing(thing));
    if (earlier) return [[earlier, thing]];
    seen.set(nameOfThing(thing), thing);
    return [];
  });
}

const both = (one: Part<unknown>, other: Part<unknown>): string =>
  `${one.type.name} of ${one.plugin} and ${other.type.name} of ${other.plugin}`;

function channelFaults(
  { plugin, descriptor: { kind, channels: served } }: Part<ProviderDescriptor>,
  channels: readonly Part<ChannelDescriptor>[],
): string[] {
  if (served === 'all') return [];
  if (served.length === 0) return [`The provider ${kind} of ${plugin} serves no channel.`];
  const known = new Set(channels.map(({ descriptor }) => descriptor.name));
  return served
    .filter((channel) => !known.has(channel))
    .map((channel) => `The provider ${kind} of ${plugin} serves the channel ${channel}, which no plugin brings.`);
}
