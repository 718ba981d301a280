import type { ActionRule } from '../actions/action.js';
import type { EventAction, RenewedAction } from './event.js';

/**
 * The actions of a new run: the rules as they are now. What has succeeded stays done, with its result, unless all is to be done
 * again; what has not keeps the id it goes by, so that what may have been half done is not done twice.
 */
export function renewed(
  before: readonly EventAction[],
  rules: readonly ActionRule[],
  { force, newId }: { readonly force: boolean; readonly newId: () => string },
): RenewedAction[] {
  return rules.map(({ id, type, when, params }) => {
    const earlier = before.find((action) => action.id === id && action.type === type);
    const rule = { id, type, params, ...(when != null && { when }) };
    if (force || !earlier) return { ...rule, effectId: newId(), ...PENDING };
    const { effectId, status, attempts, result, endedAt } = earlier;
    return status === 'done'
      ? { ...rule, effectId, status, attempts, result, endedAt }
      : { ...rule, effectId, ...PENDING };
  });
}

const PENDING = { status: 'pending', attempts: 0, result: null, endedAt: null } as const;
