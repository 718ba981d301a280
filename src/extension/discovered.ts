import type { DiscoveryService, Reflector } from '@nestjs/core';
import { InvalidPlugin } from './invalid-plugin.js';

/** A class that was found, with what its decorator says of it. */
export interface Discovered<Descriptor> {
  readonly descriptor: Descriptor;
  readonly instance: object;
}

/**
 * Everything in the application that bears a decorator, by the name that its descriptor gives.
 * @throws InvalidPlugin when two are of one name
 */
export function discovered<Descriptor>(
  { discovery, reflector }: { readonly discovery: DiscoveryService; readonly reflector: Reflector },
  decorator: string,
  nameOf: (descriptor: Descriptor) => string,
  what: string,
): ReadonlyMap<string, Discovered<Descriptor>> {
  const found = new Map<string, Discovered<Descriptor>>();
  for (const { instance } of discovery.getProviders() as { instance: object | undefined }[]) {
    const descriptor = instance && reflector.get<Descriptor | undefined>(decorator, instance.constructor);
    if (!descriptor) continue;
    const name = nameOf(descriptor);
    const taken = found.get(name)?.instance;
    if (taken)
      throw new InvalidPlugin([
        `Two ${what} are named ${name}: ${taken.constructor.name} and ${instance.constructor.name}.`,
      ]);
    found.set(name, { descriptor, instance });
  }
  return found;
}
