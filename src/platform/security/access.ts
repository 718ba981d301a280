import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension } from '@nestjs/swagger';
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

const declare = (access: Access, names: readonly string[]): ClassDecorator & MethodDecorator =>
  applyDecorators(
    SetMetadata(ACCESS, access),
    ApiExtension('x-scopes', names),
    ...(access.kind === 'public' ? [] : [ApiBearerAuth()]),
  );

/** No key at all. */
export const Public = () => declare({ kind: 'public' }, []);
/** `ADMIN_KEY` only. */
export const OperatorOnly = () => declare({ kind: 'operator' }, ['operator']);
/** A master key of the client. */
export const MasterOnly = () => declare({ kind: 'master' }, ['master']);
/** Any live key of the client. */
export const AnyKey = () => declare({ kind: 'any_key' }, []);
/** A master key, or a scoped key with every one of these. */
export const RequireScopes = (...scopes: Scope[]) => declare({ kind: 'scopes', scopes }, scopes);
