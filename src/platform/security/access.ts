import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension, ApiSecurity } from '@nestjs/swagger';
import { DomainError } from '../errors/index.js';
import { isMaster, mayUse, type Principal } from './principal.js';
import type { Scope } from './scopes.js';

/** Who may call a handler. Every handler declares one; one that declares none stops the boot. */
export type Access =
  | { readonly kind: 'public' }
  | { readonly kind: 'operator' }
  | { readonly kind: 'master' }
  | { readonly kind: 'any_key' }
  | { readonly kind: 'scopes'; readonly scopes: readonly Scope[] };

/** A fixed string, so that a second copy of this package in a plugin still matches. */
export const ACCESS = 'chatapi:access';

/** The names of the security schemes in the OpenAPI document: a key comes in either header. */
export const KEY_SCHEMES = ['bearer', 'apiKey'] as const;
export const OPERATOR_SCHEME = 'adminKey';

const schemesOf = ({ kind }: Access): readonly string[] =>
  kind === 'public' ? [] : kind === 'operator' ? [OPERATOR_SCHEME] : KEY_SCHEMES;

/** What a caller needs, by name: as `x-scopes` of the documents says it. */
export function namesOf(access: Access): readonly string[] {
  if (access.kind === 'scopes') return access.scopes;
  return access.kind === 'operator' || access.kind === 'master' ? [access.kind] : [];
}

const declare = (access: Access): ClassDecorator & MethodDecorator =>
  applyDecorators(
    SetMetadata(ACCESS, access),
    ApiExtension('x-scopes', namesOf(access)),
    ...schemesOf(access).map((scheme) => ApiSecurity(scheme)),
  );

/** No key at all. */
export const Public = () => declare({ kind: 'public' });
/** `ADMIN_KEY` only. */
export const OperatorOnly = () => declare({ kind: 'operator' });
/** A master key of the client. */
export const MasterOnly = () => declare({ kind: 'master' });
/** Any live key of the client. */
export const AnyKey = () => declare({ kind: 'any_key' });
/** A master key, or a scoped key with every one of these. */
export const RequireScopes = (...scopes: Scope[]) => declare({ kind: 'scopes', scopes });

/**
 * One rule for HTTP handlers and socket commands. The operator is no client's key and passes before this.
 * @throws DomainError `forbidden`, or `scope_missing` with every scope the key lacks
 */
export function assertAccess(access: Access, caller: Principal): void {
  switch (access.kind) {
    case 'public':
    case 'any_key':
      return;
    case 'operator':
      throw new DomainError('forbidden', 'forbidden', 'This needs the operator’s ADMIN_KEY.');
    case 'master':
      if (!isMaster(caller)) throw new DomainError('forbidden', 'forbidden', 'This needs a master key.');
      return;
    case 'scopes': {
      const missing = access.scopes.filter((scope) => !mayUse(caller, scope));
      if (missing.length > 0)
        throw new DomainError('forbidden', 'scope_missing', `The key lacks: ${missing.join(', ')}.`, {
          members: { missing },
        });
    }
  }
}
