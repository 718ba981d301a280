import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/index.js';
import { LOGIN_SCOPES, type Principal, type Scope, SERVER_ONLY_SCOPES } from '../../platform/security/index.js';
import { type IssuedKey, KeysService, ScopesExceeded } from '../clients/index.js';
import { type User, type UserDetails, UsersRepository } from '../users/index.js';
import { KeyAuthenticator } from './key-authenticator.js';

export interface Login extends UserDetails {
  readonly userId: string;
  readonly device: string;
  readonly scopes?: readonly Scope[];
  readonly expiresInSeconds?: number;
}

export interface LoggedIn extends IssuedKey {
  readonly user: User;
}

@Injectable()
export class AuthService {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly keys: KeysService,
    private readonly authenticator: KeyAuthenticator,
  ) {}

  /** Always a new key; the user's earlier one on this device is dead when this resolves. */
  async login(
    { clientId }: Principal,
    { userId, device, scopes = LOGIN_SCOPES, expiresInSeconds, ...details }: Login,
  ): Promise<LoggedIn> {
    const refused = scopes.filter((scope) => SERVER_ONLY_SCOPES.includes(scope));
    if (refused.length > 0) throw new ScopesExceeded(refused);
    const minted = await this.keys.mint('scoped');
    const expiresAt = expiresInSeconds ? new Date(Date.now() + expiresInSeconds * 1_000) : null;
    const loggedIn = await this.database.transaction(async (tx) => {
      const user = await this.users.upsert(clientId, userId, details, tx);
      return { user, ...(await this.keys.storeLogin(tx, clientId, minted, { userId, device, scopes, expiresAt })) };
    });
    await this.authenticator.remember(loggedIn.key, loggedIn.record.keyId);
    return loggedIn;
  }

  async logout(caller: Principal): Promise<void> {
    await this.keys.revokeOwn(caller);
  }

  /** The user that the caller is. A key made by hand may be the first mention of them. */
  async me({ clientId, userId }: Principal): Promise<User | null> {
    if (userId === null) return null;
    const known = await this.users.find(clientId, userId);
    if (known) return known;
    await this.users.mention(clientId, [userId]);
    return this.users.find(clientId, userId);
  }
}
