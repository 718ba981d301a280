import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { asUser, type Principal, type UserPrincipal } from './principal.js';

/** What the guards found out about a request: a key's principal, or that the operator calls. */
export interface AuthenticatedRequest {
  principal?: Principal;
  isOperator?: boolean;
}

const principalOf = (context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (!principal) throw new Error('No principal: the handler is public or the guard did not run.');
  return principal;
};

/** Who calls: a {@link Principal}. */
export const Caller = createParamDecorator((_data: unknown, context: ExecutionContext): Principal =>
  principalOf(context),
);

/** Who calls, when the call needs a user: 400 `user_required` for a master key without `X-User-Id`. */
export const CallingUser = createParamDecorator((_data: unknown, context: ExecutionContext): UserPrincipal =>
  asUser(principalOf(context)),
);
