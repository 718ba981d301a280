import { Injectable } from '@nestjs/common';
import { type Act, noteAct } from '../../platform/audit/index.js';
import { type ClientId, Database, Notices, type Tx } from '../../platform/database/index.js';
import { NotFound } from '../../platform/errors/index.js';
import {
  generateKey,
  KeyHasher,
  type KeyType,
  LOGIN_SCOPES,
  type Principal,
  type Scope,
} from '../../platform/security/index.js';
import type { ApiKeyRecord } from './api-key.entity.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import { LastMasterKey } from './clients.errors.js';
import { ClientsRepository } from './clients.repository.js';

/** A key just made, with the one and only showing of its secret. */
export interface IssuedKey {
  readonly record: ApiKeyRecord;
  readonly key: string;
}

export interface NewKey {
  readonly name: string;
  readonly type: KeyType;
  readonly userId?: string | null;
  readonly scopes?: readonly Scope[];
  readonly expiresAt?: Date | null;
  readonly allowedIps?: readonly string[];
}

export interface NewLoginKey {
  readonly userId: string;
  readonly device: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt: Date | null;
}

/** What every process hears when keys of a client died. */
export const KEYS_REVOKED = 'keys.revoked';
/** What every process hears when a key was given an end. */
export const KEY_EXPIRING = 'keys.expiring';

/** Makes, rotates and ends keys. The hash is made before a transaction opens: it takes a core for 57 ms. */
@Injectable()
export class KeysService {
  constructor(
    private readonly database: Database,
    private readonly keys: ApiKeysRepository,
    private readonly clients: ClientsRepository,
    private readonly hasher: KeyHasher,
    private readonly notices: Notices,
  ) {}

  /** A key's secret and hash, to be stored with {@link store} inside a transaction. */
  async mint(type: KeyType): Promise<MintedKey> {
    const made = generateKey(type);
    return { ...made, hash: await this.hasher.hash(made.secret), pepper: this.hasher.pepper };
  }

  async store(tx: Tx, clientId: ClientId, minted: MintedKey, key: NewKey): Promise<IssuedKey> {
    const record = await this.keys.insert(tx, {
      ...stored(minted),
      clientId,
      name: key.name,
      origin: 'manual',
      userId: key.userId ?? null,
      device: null,
      scopes: key.type === 'master' ? [] : [...(key.scopes ?? LOGIN_SCOPES)],
      allowedIps: [...(key.allowedIps ?? [])],
      expiresAt: key.expiresAt ?? null,
    });
    noteAct(tx, clientId, { action: 'key.created', resource: named(record.keyId), after: said(record) });
    return { record, key: minted.key };
  }

  /** Ends the user's earlier key on this device and stores the new one; the earlier one is dead with the commit. */
  async storeLogin(tx: Tx, clientId: ClientId, minted: MintedKey, login: NewLoginKey): Promise<IssuedKey> {
    await this.announce(tx, clientId, await this.keys.revokeLogins(tx, clientId, login.userId, login.device));
    const record = await this.keys.insert(tx, {
      ...stored(minted),
      clientId,
      name: `login ${login.device}`.slice(0, 200),
      origin: 'login',
      userId: login.userId,
      device: login.device,
      scopes: [...login.scopes],
      allowedIps: [],
      expiresAt: login.expiresAt,
    });
    return { record, key: minted.key };
  }

  page(clientId: ClientId, limit: number, before: { createdAt: Date; keyId: string } | null): Promise<ApiKeyRecord[]> {
    return this.keys.page(clientId, limit, before);
  }

  /** A new key in place of an old one, which lives on for the overlap. */
  async rotate(
    tx: Tx,
    clientId: ClientId,
    keyId: string,
    overlapSeconds: number,
    minted: MintedKey,
  ): Promise<IssuedKey> {
    await this.clients.lock(tx, clientId);
    const old = await this.keys.find(clientId, keyId, tx);
    if (!old || !isLive(old) || old.type !== minted.type) throw new NotFound();
    const { name, origin, userId, device, scopes, allowedIps, expiresAt } = old;
    const inherited = { clientId, name, origin, userId, device, scopes, allowedIps, expiresAt };
    const record = await this.keys.insert(tx, { ...inherited, ...stored(minted) });
    if (overlapSeconds > 0) await this.endIn(tx, clientId, keyId, overlapSeconds);
    else {
      await this.keys.revoke(tx, clientId, keyId);
      await this.announce(tx, clientId, [keyId]);
    }
    const after = { newKeyId: record.keyId, overlapSeconds };
    noteAct(tx, clientId, { action: 'key.rotated', resource: named(keyId), before: said(old), after });
    return { record, key: minted.key };
  }

  async typeOf(clientId: ClientId, keyId: string): Promise<KeyType> {
    const found = await this.keys.find(clientId, keyId);
    if (!found) throw new NotFound();
    return found.type;
  }

  async revoke(clientId: ClientId, keyId: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const key = await this.end(tx, clientId, keyId);
      if (key) noteAct(tx, clientId, revoked(key));
    });
  }

  /** Ends the caller's own key. To log out is no administrative act; to end a key that was made by hand is. */
  async revokeOwn({ clientId, keyId }: Principal): Promise<void> {
    await this.database.transaction(async (tx) => {
      const key = await this.end(tx, clientId, keyId);
      if (key?.origin === 'manual') noteAct(tx, clientId, revoked(key));
    });
  }

  ofUser(clientId: ClientId, userId: string, limit: number, after: string | null): Promise<ApiKeyRecord[]> {
    return this.keys.pageOfUser(clientId, userId, limit, after);
  }

  /** Ends keys of a user and removes every trace of them. @returns how many */
  forget(clientId: ClientId, userId: string, limit: number): Promise<number> {
    return this.database.transaction(async (tx) => {
      const gone = await this.keys.forget(tx, clientId, userId, limit);
      await this.announce(tx, clientId, gone);
      return gone.length;
    });
  }

  /** @returns the key, unless it had ended before */
  private async end(tx: Tx, clientId: ClientId, keyId: string): Promise<ApiKeyRecord | null> {
    await this.clients.lock(tx, clientId);
    const key = await this.keys.find(clientId, keyId, tx);
    if (!key) throw new NotFound();
    if (key.type === 'master' && isLive(key) && (await this.keys.countLiveMasters(tx, clientId)) <= 1)
      throw new LastMasterKey();
    if (!(await this.keys.revoke(tx, clientId, keyId))) return null;
    await this.announce(tx, clientId, [keyId]);
    return key;
  }

  private async endIn(tx: Tx, clientId: ClientId, keyId: string, seconds: number): Promise<void> {
    const at = await this.keys.expireIn(tx, clientId, keyId, seconds);
    await this.notices.announce(KEY_EXPIRING, { clientId, keyId, at: at.toISOString() }, tx);
  }

  private async announce(tx: Tx, clientId: ClientId, keyIds: readonly string[]): Promise<void> {
    for (const keyId of keyIds) await this.notices.announce(KEYS_REVOKED, { clientId, keyId }, tx);
  }
}

export interface MintedKey {
  readonly key: string;
  readonly type: KeyType;
  readonly keyId: string;
  readonly secret: string;
  readonly hash: string;
  /** With which it was hashed. */
  readonly pepper: string;
}

const named = (keyId: string) => ({ type: 'key', id: keyId });
const said = ({ name, type, userId, scopes, allowedIps, expiresAt }: ApiKeyRecord): object => {
  return { name, type, userId, scopes, allowedIps, expiresAt };
};

const revoked = (key: ApiKeyRecord): Act => ({
  ...{ action: 'key.revoked', resource: named(key.keyId), before: said(key) },
});

const stored = ({ keyId, type, hash, pepper, key }: MintedKey) => ({
  ...{ keyId, type, hash, pepper },
  lastFour: key.slice(-4),
});

const isLive = ({ revokedAt, expiresAt }: ApiKeyRecord): boolean =>
  !revokedAt && (!expiresAt || expiresAt > new Date());
