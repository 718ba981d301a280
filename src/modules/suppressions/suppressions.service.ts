import { Injectable } from '@nestjs/common';
import { noteAct } from '../../platform/audit/index.js';
import { type ClientId, Database, type Tx } from '../../platform/database/index.js';
import { InvalidInput, NotFound } from '../../platform/errors/index.js';
import { AddressForms } from './address-forms.js';
import { csvLine } from './csv.rules.js';
import { checked, CSV_COLUMNS, type CheckedSuppression, type GivenSuppression, readCsv } from './import.rules.js';
import type { Suppression } from './suppression.js';
import { SuppressionKeys, SuppressionsLocked } from './suppression-keys.js';
import { SuppressionList } from './suppression-list.js';
import { type Hashed, type SuppressionFilter, SuppressionsRepository } from './suppressions.repository.js';

const EXPORTED_AT_ONCE = 1_000;

type Given = Omit<GivenSuppression, 'at'>;

export interface Imported {
  readonly received: number;
  readonly added: number;
  readonly known: number;
}

/** What a client says of addresses, and asks of them. */
@Injectable()
export class SuppressionsService {
  constructor(
    private readonly database: Database,
    private readonly suppressions: SuppressionsRepository,
    private readonly list: SuppressionList,
    private readonly keys: SuppressionKeys,
    private readonly forms: AddressForms,
  ) {}

  /** @throws InvalidInput, Unavailable */
  async suppress(tx: Tx, clientId: ClientId, given: Given): Promise<{ suppression: Suppression; isNew: boolean }> {
    const [sound] = this.sound([{ ...given, at: '' }]);
    if (!sound) throw new NotFound();
    const added = await this.list.add(tx, clientId, [sound]);
    const key = await this.keys.ensure(tx, clientId);
    const hashed = { channel: sound.channel, hash: key.hash(sound.channel, sound.address) };
    const suppression = await this.suppressions.get(tx, clientId, hashed, sound.reason);
    if (!suppression) throw new NotFound();
    const after = { channel: suppression.channel, reason: suppression.reason };
    if (added > 0) noteAct(tx, clientId, { action: 'suppression.added', resource: named(suppression.id), after });
    return { suppression, isNew: added > 0 };
  }

  /** All of them, or none when one has a fault. @throws InvalidInput that names each, Unavailable */
  importList(tx: Tx, clientId: ClientId, given: readonly Given[]): Promise<Imported> {
    return this.import(tx, clientId, this.sound(given.map((one, n) => ({ ...one, at: `/suppressions/${n}` }))));
  }

  /** @throws InvalidInput that names each faulty line, Unavailable */
  importCsv(tx: Tx, clientId: ClientId, text: string): Promise<Imported> {
    const { given, faults } = readCsv(text);
    const { sound, faults: more } = checked(given, this.forms);
    if (faults.length + more.length > 0) throw new InvalidInput([...faults, ...more]);
    return this.import(tx, clientId, sound);
  }

  /** The newest first, one more than asked for. @throws Unavailable */
  async page(
    clientId: ClientId,
    { address, ...filter }: SuppressionFilter & { readonly address?: string },
    limit: number,
    before: string | null,
  ): Promise<Suppression[]> {
    const hashed = address === undefined ? null : await this.hashed(clientId, address);
    return this.suppressions.page(clientId, filter, hashed, limit, before);
  }

  /** @throws NotFound */
  async remove(clientId: ClientId, id: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const before = await this.suppressions.delete(tx, clientId, id);
      if (!before) throw new NotFound();
      noteAct(tx, clientId, { action: 'suppression.removed', resource: named(id), before });
    });
  }

  /** As CSV, line by line; those whose person was erased have no address to give. */
  async *csvOf(clientId: ClientId): AsyncGenerator<string> {
    yield csvLine([...CSV_COLUMNS, 'createdAt']);
    for (let before: string | null = null; ;) {
      const page: Suppression[] = await this.suppressions.page(clientId, {}, null, EXPORTED_AT_ONCE, before);
      const lines = page.slice(0, EXPORTED_AT_ONCE).flatMap(({ channel, address, reason, createdAt }) => {
        return address === null ? [] : csvLine([channel, address, reason, createdAt.toISOString()]);
      });
      yield lines.join('');
      if (page.length <= EXPORTED_AT_ONCE) return;
      before = page[EXPORTED_AT_ONCE - 1]?.id ?? null;
    }
  }

  private async import(tx: Tx, clientId: ClientId, sound: readonly CheckedSuppression[]): Promise<Imported> {
    const added = await this.list.add(tx, clientId, sound);
    const imported = { received: sound.length, added, known: sound.length - added };
    noteAct(tx, clientId, { action: 'suppressions.imported', resource: named(null), after: imported });
    return imported;
  }

  private sound(given: readonly GivenSuppression[]): readonly CheckedSuppression[] {
    const { sound, faults } = checked(given, this.forms);
    if (faults.length > 0) throw new InvalidInput([...faults]);
    return sound;
  }

  /** As it would be known on each channel. */
  private async hashed(clientId: ClientId, address: string): Promise<Hashed[]> {
    const key = (await this.keys.of([clientId])).get(clientId);
    if (key === 'locked') throw new SuppressionsLocked();
    if (key === undefined || key === 'none') return [];
    return this.forms.onAll(address).map(({ channel, address: form }) => ({ channel, hash: key.hash(channel, form) }));
  }
}

/** Their addresses are nobody's to read here: whoever may see them has the list. */
const named = (id: string | null) => ({ type: 'suppression', id });
