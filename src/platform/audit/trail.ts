import { type ClientId, newId, statement, type Tx } from '../database/index.js';
import { currentActor } from './actor.js';
import { differenceOf } from './difference.rules.js';

/** What was done it to, by the words of the API. */
export interface Resource {
  readonly type: string;
  /** Null of a thing that a client has one of. */
  readonly id: string | null;
}

/** Something that was done by whoever is in charge. Secrets are masked in it as in answers. */
export interface Act {
  /** `noun.past_verb` */
  readonly action: `${string}.${string}`;
  readonly resource: Resource;
  readonly before?: object | undefined;
  readonly after?: object | undefined;
}

const NOTE = statement(
  'audit.note',
  `INSERT INTO audit_events (id, client_id, action, resource_type, resource_id, actor_type, key_id, key_name, user_id, address, request_id, before, after)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
);

/**
 * Writes down what is done, in the transaction that does it: neither is there without the other. Nobody waits for it.
 * @param clientId whose it is; null of what is the installation's
 */
export function noteAct(
  tx: Pick<Tx, 'send'>,
  clientId: ClientId | null,
  { action, resource, before, after }: Act,
): void {
  const { type, keyId, keyName, userId, address, requestId } = currentActor();
  const actor = [type, keyId, keyName, userId, address, requestId].map((value) => value ?? null);
  const said = [before, after].map((value) => (value === undefined ? null : JSON.stringify(value)));
  tx.send(NOTE, [newId(), clientId, action, resource.type, resource.id, ...actor, ...said]);
}

const asItIs = (value: object): object => value;

/**
 * Writes down what a change has changed, and nothing when that is nothing.
 * @param shown how it may be shown: what differs is found before, so that another secret is a change, too
 */
export function noteChange(
  tx: Pick<Tx, 'send'>,
  clientId: ClientId | null,
  { before, after, ...act }: Act & { readonly before: object; readonly after: object },
  shown: (part: object) => object = asItIs,
): void {
  const difference = differenceOf(before, after);
  if (difference) noteAct(tx, clientId, { ...act, before: shown(difference.before), after: shown(difference.after) });
}
