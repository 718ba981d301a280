import { Injectable } from '@nestjs/common';
import type { ClientId, Tx } from '../../platform/database/index.js';
import { AddressForms } from './address-forms.js';
import type { NewSuppression } from './suppression.js';
import { type AddressKey, SuppressionKeys } from './suppression-keys.js';
import { type StoredSuppression, SuppressionsRepository } from './suppressions.repository.js';
import type { SuppressionReason } from './suppressions.rules.js';

/** An address that may be suppressed. */
export interface Asked {
  readonly clientId: ClientId;
  readonly channel: string;
  readonly recipient: string;
}

const NOTHING: readonly SuppressionReason[] = [];

/** Who is not to be written to, for those who send and for those who hear what became of it. */
@Injectable()
export class SuppressionList {
  constructor(
    private readonly suppressions: SuppressionsRepository,
    private readonly keys: SuppressionKeys,
    private readonly forms: AddressForms,
  ) {}

  /**
   * Suppresses addresses, in the transaction of what led to it. One that is known already stays as it is.
   * @returns how many are new @throws SuppressionsLocked
   */
  async add(tx: Tx, clientId: ClientId, added: readonly NewSuppression[]): Promise<number> {
    if (added.length === 0) return 0;
    const key = await this.keys.ensure(tx, clientId);
    return this.suppressions.insert(tx, clientId, this.stored(key, added));
  }

  /**
   * What stands against each, in their order; null where that cannot be known now. Clients that have never suppressed
   * anything cost no query; all others together one.
   */
  async find(asked: readonly Asked[]): Promise<(readonly SuppressionReason[] | null)[]> {
    const keys = await this.keys.of(asked.map(({ clientId }) => clientId));
    const found: (SuppressionReason[] | readonly SuppressionReason[] | null)[] = asked.map(({ clientId }) =>
      keys.get(clientId) === 'locked' ? null : NOTHING,
    );
    const hashed = asked.flatMap(({ clientId, channel, recipient }, n) => {
      const key = keys.get(clientId);
      if (key === undefined || key === 'none' || key === 'locked') return [];
      return [{ n, clientId, channel, hash: key.hash(channel, this.formOf(channel, recipient)) }];
    });
    if (hashed.length === 0) return found;
    for (const { n: at, reason } of await this.suppressions.reasons(hashed)) {
      const n = hashed[at]?.n ?? 0;
      found[n] = [...(found[n] ?? []), reason];
    }
    return found;
  }

  /** Addresses go, and stay suppressed by their hashes. @returns how many there were */
  async forget(clientId: ClientId, addresses: readonly string[]): Promise<number> {
    const forms = addresses.flatMap((address) => [address, ...this.forms.onAll(address).map((one) => one.address)]);
    const names = [...new Set(forms.map((form) => form.toLowerCase()))];
    return names.length === 0 ? 0 : this.suppressions.forget(clientId, names);
  }

  private stored(key: AddressKey, added: readonly NewSuppression[]): StoredSuppression[] {
    const unique = new Map<string, StoredSuppression>();
    for (const { channel, address, reason, deliveryId = null, isErased = false } of added) {
      const form = this.formOf(channel, address);
      const hash = key.hash(channel, form);
      const name = `${channel} ${hash.toString('hex')} ${reason}`;
      if (!unique.has(name)) unique.set(name, { channel, hash, address: isErased ? null : form, reason, deliveryId });
    }
    return [...unique.values()];
  }

  /** What a channel does not take for an address has been sent to all the same. */
  private formOf(channel: string, address: string): string {
    return this.forms.of(channel, address) ?? address;
  }
}
