import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { noteAct, noteChange } from '../../../platform/audit/index.js';
import { type ClientId, Database, newId, type Tx } from '../../../platform/database/index.js';
import { type InputFault, InvalidInput, NotFound } from '../../../platform/errors/index.js';
import { MASK, masked } from '../../../platform/security/index.js';
import { SigningSecrets } from '../../signing/index.js';
import { type Erasure, everyRow } from '../../users/index.js';
import { ForwardHeaders } from '../actions/forward-headers.js';
import { checkedRules } from '../actions/rule-check.js';
import { renamed } from '../names.rules.js';
import type { WebhookSource } from './source.entity.js';
import { SourceDirectory } from './source-directory.js';
import { type CheckedVerification, SourceVerification } from './source-verification.js';
import { SOURCES_MAX, SourcesRepository } from './sources.repository.js';
import { TooManySources } from '../webhooks.errors.js';

type Fields = Readonly<Record<string, unknown>>;

const SOURCES_AT_ONCE = 50;

export interface SourceWish {
  readonly event: string;
  readonly verification: Fields;
  readonly actions: readonly unknown[];
  readonly dedupeHours: number;
  readonly trustBody: boolean;
  readonly enabled: boolean;
  readonly description?: string | null;
}
export type SourcePatch = Partial<Omit<SourceWish, 'event'>>;

/** A source, with its secret where that has just been made. */
export interface SourceWithSecret {
  readonly source: WebhookSource;
  readonly secret?: string;
}

export interface SecretRotation {
  readonly overlapSeconds: number;
  readonly secret?: string;
}

/** Where other systems call: one source for each event of a client. */
@Injectable()
export class SourcesService {
  constructor(
    private readonly database: Database,
    private readonly sources: SourcesRepository,
    private readonly verification: SourceVerification,
    private readonly secrets: SigningSecrets,
    private readonly directory: SourceDirectory,
    private readonly headers: ForwardHeaders,
  ) {}

  /** @throws InvalidInput, SourceExists, TooManySources */
  async add(tx: Tx, clientId: ClientId, { verification, actions, ...wish }: SourceWish): Promise<SourceWithSecret> {
    const [{ secret: given, ...checked }, hidden] = together(
      () => this.verification.check(verification),
      () => this.headers.hide(checkedRules(actions)),
    );
    this.assertTrustworthy(checked.scheme, wish.trustBody);
    if (!(await this.sources.hasRoom(tx, clientId))) throw new TooManySources(SOURCES_MAX);
    const owner = { clientId, id: newId() };
    const source = await this.sources.insert(tx, {
      ...{ ...owner, actions: hidden.rules, forwardHeaders: this.headers.seal(owner, hidden.said) },
      ...{ ...checked, ...wish, description: wish.description ?? null },
    });
    const secret = await this.keep(tx, source, given);
    await this.directory.changed(tx, clientId);
    noteAct(tx, clientId, { action: 'source.created', resource: named(source.id), after: said(source) });
    return { source, ...(secret !== undefined && { secret }) };
  }

  async get(clientId: ClientId, id: string): Promise<WebhookSource> {
    const source = await this.sources.find(clientId, id);
    if (!source) throw new NotFound();
    return source;
  }

  page(clientId: ClientId, limit: number, afterId: string | null): Promise<WebhookSource[]> {
    return this.sources.page(clientId, limit, afterId);
  }

  /** A secret that is given takes the place of the others at once. @throws NotFound, InvalidInput */
  change(clientId: ClientId, id: string, { verification, actions, ...patch }: SourcePatch): Promise<SourceWithSecret> {
    return this.database.transaction(async (tx) => {
      const before = await this.locked(tx, clientId, id);
      const [checked, hidden] = together(
        () => verification && this.verification.merged(before, verification),
        () => actions && this.headers.hide(checkedRules(actions), this.headers.open(before, before.forwardHeaders)),
      );
      this.assertTrustworthy(checked?.scheme ?? before.scheme, patch.trustBody ?? before.trustBody);
      const said = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
      const source = await this.sources.update(tx, clientId, id, {
        ...said,
        ...(checked && settingsOf(checked)),
        ...(hidden && { actions: hidden.rules, forwardHeaders: this.headers.seal(before, hidden.said) }),
      });
      const secret = checked && (await this.exchange(tx, before, source, checked.secret));
      await this.directory.changed(tx, clientId);
      this.noteUpdate(tx, before, { source, headers: hidden?.said, secret: checked?.secret });
      return { source, ...(secret !== undefined && { secret }) };
    });
  }

  /** Its events stay, with what is still to be done about them. @throws NotFound */
  async remove(clientId: ClientId, id: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const before = await this.locked(tx, clientId, id);
      await this.sources.delete(tx, clientId, id);
      noteAct(tx, clientId, { action: 'source.deleted', resource: named(id), before: said(before) });
      await this.secrets.remove(tx, clientId, [id]);
      await this.directory.changed(tx, clientId);
    });
  }

  /** A new secret, beside which the older ones stay good for a while. @throws NotFound, InvalidInput */
  async rotate(tx: Tx, clientId: ClientId, id: string, rotation: SecretRotation): Promise<SourceWithSecret> {
    const source = await this.locked(tx, clientId, id);
    const { scheme, settings, toleranceSeconds } = source;
    const given = rotation.secret;
    if (given !== undefined) this.checkSecret({ ...settings, scheme, toleranceSeconds, secret: given });
    const secret = given ?? this.verification.newSecret(scheme);
    if (secret === undefined)
      throw InvalidInput.at(
        '/secret',
        'required',
        'No secret can be made for this scheme: it must be given, if it has one',
      );
    const { overlapSeconds } = rotation;
    await this.secrets.rotate(tx, clientId, id, { overlapSeconds, secret });
    noteAct(tx, clientId, { action: 'source.secret_rotated', resource: named(id), after: { overlapSeconds } });
    return { source, ...(given === undefined && { secret }) };
  }

  /** Rules that name somebody name another in their place. @returns how many sources had such */
  async rename({ clientId, pseudonym, ...person }: Erasure): Promise<number> {
    const read = (limit: number, after: string | null) => this.page(clientId, limit, after);
    let count = 0;
    for await (const { id, actions } of everyRow(SOURCES_AT_ONCE, read, (source) => source.id))
      if (!isDeepStrictEqual(renamed(actions, person, pseudonym), actions)) {
        await this.database.transaction(async (tx) => {
          const now = await this.sources.lock(tx, clientId, id);
          if (now) await this.sources.update(tx, clientId, id, { actions: renamed(now.actions, person, pseudonym) });
          await this.directory.changed(tx, clientId);
        });
        count++;
      }
    return count;
  }

  /** What `forward` says in headers is compared as it is, and shown masked. */
  private noteUpdate(
    tx: Tx,
    before: WebhookSource,
    { source, headers, secret }: { source: WebhookSource; headers?: object | undefined; secret?: string | undefined },
  ): void {
    const { clientId, id } = source;
    const was = headers && { headers: this.headers.open(before, before.forwardHeaders) };
    const is = { ...(headers && { headers }), ...(secret !== undefined && { secret: MASK }) };
    const act = { action: 'source.updated', resource: named(id) } as const;
    noteChange(
      tx,
      clientId,
      { ...act, before: { ...said(before), ...was }, after: { ...said(source), ...is } },
      (part) => ('headers' in part ? { ...part, headers: masked(part.headers) } : part),
    );
  }

  private async locked(tx: Tx, clientId: ClientId, id: string): Promise<WebhookSource> {
    const source = await this.sources.lock(tx, clientId, id);
    if (!source) throw new NotFound();
    return source;
  }

  /** @returns the secret when it was made here */
  private async keep(tx: Tx, { clientId, id, scheme }: WebhookSource, given?: string): Promise<string | undefined> {
    const secret = given ?? this.verification.newSecret(scheme);
    if (secret !== undefined) await this.secrets.create(tx, clientId, id, secret);
    return given === undefined ? secret : undefined;
  }

  /** Another scheme has a secret of its own; of the same one it stays unless one is given. */
  private async exchange(
    tx: Tx,
    before: WebhookSource,
    source: WebhookSource,
    given?: string,
  ): Promise<string | undefined> {
    if (given === undefined && before.scheme === source.scheme) return undefined;
    await this.secrets.remove(tx, source.clientId, [source.id]);
    return this.keep(tx, source, given);
  }

  private checkSecret(verification: Fields): void {
    try {
      this.verification.check(verification);
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      throw new InvalidInput(
        (error.details.errors ?? []).map((fault) => ({
          ...fault,
          pointer: fault.pointer.replace('/verification', ''),
        })),
      );
    }
  }

  /** What a body asks for is done as with a master key: it must be known who wrote it. */
  private assertTrustworthy(scheme: string, trustBody: boolean): void {
    if (!trustBody || this.verification.signsBodies(scheme)) return;
    throw InvalidInput.at(
      '/trustBody',
      'not_signed',
      `Bodies are not signed by the scheme ${scheme}: none can be trusted`,
    );
  }
}

const named = (id: string) => ({ type: 'source', id });
const said = (source: WebhookSource): object => {
  const { event, scheme, toleranceSeconds, settings, actions, dedupeHours, trustBody, enabled, description } = source;
  return { event, scheme, toleranceSeconds, settings, actions, dedupeHours, trustBody, enabled, description };
};

/** Both, or the faults of both. @throws InvalidInput */
function together<A, B>(one: () => A, other: () => B): [A, B] {
  const faults: InputFault[] = [];
  const tried = <T>(check: () => T): T | undefined => {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      faults.push(...(error.details.errors ?? []));
      return undefined;
    }
  };
  const both = [tried(one), tried(other)] as [A, B];
  if (faults.length > 0) throw new InvalidInput(faults);
  return both;
}

const settingsOf = ({ secret: _secret, ...settings }: CheckedVerification): Omit<CheckedVerification, 'secret'> =>
  settings;
