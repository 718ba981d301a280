import { Injectable } from '@nestjs/common';
import type { ContentFault } from '../../extension/index.js';
import { ProviderRegistry, type RegisteredProvider } from '../../extension/provider-registry.js';
import { secretFieldsOf } from '../../extension/provider.js';
import { DomainError, InvalidInput } from '../../platform/errors/index.js';
import { validated } from '../../platform/http/index.js';
import { formsOf, MASK, masked, type SealedSecret, SecretBox, unmasked } from '../../platform/security/index.js';

export type Settings = Readonly<Record<string, unknown>>;

/** Checks, seals, opens and masks the settings of every kind of provider. */
@Injectable()
export class ProviderSettings {
  constructor(
    private readonly registry: ProviderRegistry,
    private readonly secrets: SecretBox,
  ) {}

  /** @throws InvalidInput for a kind that is not installed, or that has nothing to set */
  kind(kind: string): RegisteredProvider {
    const found = this.registry.find(kind);
    if (found && !found.isBuiltIn) return found;
    const known = this.registry.all().flatMap((provider) => (provider.isBuiltIn ? [] : provider.kind));
    throw InvalidInput.at('/kind', 'unknown_kind', `There is no provider of this kind; there are: ${known.join(', ')}`);
  }

  /** @throws InvalidInput with pointers below `/settings` */
  check(kind: string, settings: Settings): Settings {
    const registered = this.kind(kind);
    try {
      const checked: Settings = { ...validated(registered.settings, settings) };
      const faults = [...channelFaultsOf(registered, checked), ...(registered.provider.faultsOf?.(checked) ?? [])];
      if (faults.length > 0) throw new InvalidInput(faults);
      return checked;
    } catch (error) {
      if (!(error instanceof InvalidInput) || !error.details.errors) throw error;
      throw new InvalidInput(error.details.errors.map((fault) => ({ ...fault, pointer: `/settings${fault.pointer}` })));
    }
  }

  /** What a change leaves: a secret that is sent back masked, or a value of one, stays as it is. */
  merged(kind: string, before: Settings, changes: Settings): Settings {
    const { settings, channels } = this.kind(kind);
    if (channels.length > 1 && changes.channel !== undefined && changes.channel !== before.channel)
      throw InvalidInput.at('/settings/channel', 'fixed', 'The channel of a provider stays; add another provider.');
    const secrets = secretFieldsOf(settings).filter((name) => changes[name] !== undefined);
    const kept = secrets.map((name) => [name, unmasked(changes[name], before[name])] as const);
    return this.check(kind, { ...before, ...changes, ...Object.fromEntries(kept) });
  }

  seal(clientId: string, id: string, settings: Settings): SealedSecret {
    return this.secrets.seal(JSON.stringify(settings), boundToProvider(clientId, id));
  }

  open(clientId: string, id: string, sealed: SealedSecret): Settings {
    try {
      return JSON.parse(this.secrets.open(sealed, boundToProvider(clientId, id))) as Settings;
    } catch {
      throw new DomainError(
        'unavailable',
        'unavailable',
        'The settings of this provider cannot be opened with the current SECRET_KEY.',
      );
    }
  }

  masked(kind: string, settings: Settings): Settings {
    const secrets = this.registry.find(kind) ? secretFieldsOf(this.kind(kind).settings) : Object.keys(settings);
    return Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [name, secrets.includes(name) ? masked(value) : value]),
    );
  }

  /** Takes every secret out of what a provider said, in each form it may travel in, before it is stored or shown. */
  redact(kind: string, settings: Settings, text: string): string {
    const type = this.registry.find(kind)?.settings;
    const secrets = (type ? secretFieldsOf(type) : []).map((name) => settings[name]);
    return formsOf(secrets).reduce((redacted, secret) => redacted.replaceAll(secret, MASK), text);
  }
}

/** One of several channels is named by the settings. */
function channelFaultsOf({ channels }: RegisteredProvider, { channel }: Settings): ContentFault[] {
  if (channels.length < 2 || channels.some((known) => known === channel)) return [];
  const message = `channel must be one of ${channels.join(', ')}`;
  return [{ pointer: '/channel', code: 'unknown_channel', message }];
}

export const boundToProvider = (clientId: string, id: string): string => `provider|${clientId}|${id}`;
