import { Injectable, type Type } from '@nestjs/common';
import { type RegisteredScheme, WebhookSchemeRegistry } from '../../../extension/webhook-scheme-registry.js';
import { type InputFault, InvalidInput } from '../../../platform/errors/index.js';
import { validated } from '../../../platform/http/index.js';
import type { WebhookSource } from './source.entity.js';
import { VerificationFields } from './verification-fields.js';

type Fields = Readonly<Record<string, unknown>>;

/** A `verification` that can be saved. */
export interface CheckedVerification {
  readonly scheme: string;
  readonly settings: Fields;
  readonly toleranceSeconds: number;
  /** As it was given; absent where it was not. */
  readonly secret?: string;
}

const AT = '/verification';
const OF_EVERY_SCHEME = ['scheme', 'secret', 'toleranceSeconds'];
export const INSECURE_WARNING =
  'Nothing is verified: whoever knows the address can have the actions of this source run.';

/** Checks how a source verifies its calls, by what its scheme says. */
@Injectable()
export class SourceVerification {
  constructor(private readonly registry: WebhookSchemeRegistry) {}

  /** @throws InvalidInput for a scheme that is not installed */
  scheme(name: unknown): RegisteredScheme {
    const found = typeof name === 'string' ? this.registry.find(name) : undefined;
    if (found) return found;
    const known = this.registry.all().map((scheme) => scheme.name);
    const message = `There is no scheme of this name; there are: ${known.join(', ')}`;
    throw InvalidInput.at(`${AT}/scheme`, 'unknown_scheme', message);
  }

  /** @throws InvalidInput with pointers below `/verification` */
  check(given: Fields): CheckedVerification {
    const registered = this.scheme(given.scheme);
    const [own, common] = parted(given);
    const faults: InputFault[] = [];
    const fields = read(VerificationFields, common, faults);
    const settings = read(registered.settings, own, faults);
    if (fields && settings) faults.push(...faultsOf(registered, settings, fields.secret));
    if (!fields || !settings || faults.length > 0)
      throw new InvalidInput(faults.map((fault) => ({ ...fault, pointer: AT + fault.pointer })));
    const { scheme, toleranceSeconds, secret } = fields;
    return { scheme, toleranceSeconds, settings: { ...settings }, ...(secret !== undefined && { secret }) };
  }

  /** What a change leaves: of the same scheme only what is sent changes, another one begins anew. @throws InvalidInput */
  merged({ scheme, settings, toleranceSeconds }: WebhookSource, changes: Fields): CheckedVerification {
    const isSame = changes.scheme === undefined || changes.scheme === scheme;
    return this.check(isSame ? { ...settings, scheme, toleranceSeconds, ...changes } : changes);
  }

  /** The secret of a source that was given none; undefined where it has none, or only the sender can know it. */
  newSecret(scheme: string): string | undefined {
    return this.registry.find(scheme)?.scheme.newSecret?.();
  }

  /** Also of a scheme that is not installed any more: it lets nobody in. */
  isInsecure(scheme: string): boolean {
    return this.registry.find(scheme)?.isInsecure === true;
  }

  /** Whether what comes in a body is as its sender wrote it. */
  signsBodies(scheme: string): boolean {
    const found = this.registry.find(scheme);
    return found !== undefined && found.isInsecure !== true && found.leavesBodyUnsigned !== true;
  }
}

function parted(given: Fields): [own: Fields, common: Fields] {
  const entries = Object.entries(given);
  const isCommon = ([name]: readonly [string, unknown]): boolean => OF_EVERY_SCHEME.includes(name);
  return [Object.fromEntries(entries.filter((one) => !isCommon(one))), Object.fromEntries(entries.filter(isCommon))];
}

function read<T extends object>(type: Type<T>, given: Fields, faults: InputFault[]): T | null {
  try {
    return validated(type, given);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    faults.push(...(error.details.errors ?? []));
    return null;
  }
}

function faultsOf({ scheme, isInsecure }: RegisteredScheme, settings: object, secret?: string): readonly InputFault[] {
  const own = scheme.faultsOf?.({ settings, ...(secret !== undefined && { secret }) }) ?? [];
  if (isInsecure !== true || secret === undefined) return own;
  return [...own, { pointer: '/secret', code: 'not_used', message: 'This scheme verifies nothing: it has no secret' }];
}
