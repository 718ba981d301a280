import { Injectable } from '@nestjs/common';
import { ProviderRegistry, type RegisteredProvider } from '../../extension/provider-registry.js';
import { secretFieldsOf } from '../../extension/provider.js';
import { DomainError, InvalidInput } from '../../platform/errors/index.js';
import { validated } from '../../platform/http/index.js';
import { SecretBox, type SealedSecret } from '../../platform/security/index.js';

export type Settings = Readonly<Record<string, unknown>>;

export const MASK = '••••';
/** Shorter ones would take harmless words apart. */
const REDACTED_MIN = 4;

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
    try {
      return { ...validated(this.kind(kind).settings, settings) };
    } catch (error) {
      if (!(error instanceof InvalidInput) || !error.details.errors) throw error;
      throw new InvalidInput(
        error.details.errors.map((fault) => ({
          ...fault,
          pointer: fault.pointer.startsWith('/kind') ? fault.pointer : `/settings${fault.pointer}`,
        })),
      );
    }
  }

  /** What a change leaves: a secret that is sent back masked stays as it is. */
  merged(kind: string, before: Settings, changes: Settings): Settings {
    const secrets = secretFieldsOf(this.kind(kind).settings);
    const kept = secrets.filter((name) => changes[name] === MASK);
    return this.check(kind, { ...before, ...changes, ...Object.fromEntries(kept.map((name) => [name, before[name]])) });
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
      Object.entries(settings).map(([name, value]) => [
        name,
        secrets.includes(name) && value !== undefined ? MASK : value,
      ]),
    );
  }

  /** Takes every secret out of what a provider said, in each form it may travel in, before it is stored or shown. */
  redact(kind: string, settings: Settings, text: string): string {
    const type = this.registry.find(kind)?.settings;
    const secrets = (type ? secretFieldsOf(type) : []).flatMap((name) => {
      const secret = settings[name];
      return typeof secret === 'string' && secret.length >= REDACTED_MIN ? formsOf(secret) : [];
    });
    return secrets.reduce((redacted, secret) => redacted.replaceAll(secret, MASK), text);
  }
}

/** As it is, in a URL, and in base64 by itself or, as in AUTH PLAIN, after something else of any length. */
function formsOf(secret: string): string[] {
  const encoded = [0, 1, 2].map((before) => {
    const text = Buffer.from('\0'.repeat(before) + secret)
      .toString('base64')
      .replace(/=+$/, '');
    // The characters at both ends hold bits of the neighbours too.
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + Buffer.byteLength(secret)) * 8) / 6));
  });
  return [secret, encodeURIComponent(secret), ...encoded].sort((a, b) => b.length - a.length);
}

export const boundToProvider = (clientId: string, id: string): string => `provider|${clientId}|${id}`;
