import { plant } from './canaries.js';
import { type DocumentedTransport, theSocketContract } from './socket-contract.js';

/**
 * What a test means with a frame that it sends: one that the document allows and the server takes; one that both refuse;
 * one that only the server can refuse, because a schema cannot say what is wrong with it; or one that the server refuses,
 * whatever the document says.
 */
export type Meant = 'valid' | 'invalid' | 'beyond the schema' | 'refused';

interface Answer {
  readonly ok?: { readonly rooms?: readonly { readonly events?: readonly { readonly ev: string }[] }[] };
  readonly error?: { readonly code: string };
}

const BAD_COMMAND = ['validation_failed', 'unknown_command'];
const seen: string[] = [];

/** The frames so far that are not as the document says, or not as the test meant them. A hook fails the test with them. */
export const takeFrameFaults = (): string[] => seen.splice(0);

const shown = (payload: unknown): string => JSON.stringify(payload)?.slice(0, 300) ?? 'nothing';
const note = (payload: unknown, faults: readonly string[]): void => {
  if (faults.length > 0) seen.push(`${faults.join('; ')} in ${shown(payload)}`);
};

/** Holds what a client sends against the document. */
export function watchSent(transport: DocumentedTransport, name: string, payload: unknown, meant: Meant): void {
  plant(payload);
  if (meant === 'refused') return;
  const faults = theSocketContract().faultsOfSent(transport, name, payload);
  if (meant !== 'invalid') return note(payload, faults);
  if (faults.length === 0) note(payload, [`the document allows ${name}, which was meant to be wrong`]);
}

/** Holds the answer to a command against the document, and against what the test meant with the command. */
export function watchAnswer(transport: DocumentedTransport, name: string, answer: Answer, meant: Meant): void {
  const payload = transport === 'raw' ? answer : [answer];
  note(payload, theSocketContract().faultsOfAnswer(transport, name, payload));
  const isRefused = BAD_COMMAND.includes(answer.error?.code ?? '');
  if (meant === 'valid' && isRefused) note(payload, [`the document allows a ${name} that the server calls wrong`]);
  if (meant !== 'valid' && answer.ok) note(payload, [`the server takes a ${name} that was meant to be wrong`]);
  if (name !== 'sync') return;
  const events = answer.ok?.rooms?.flatMap((room) => room.events ?? []) ?? [];
  note(payload, theSocketContract().faultsOfFeed(events));
}

/** Holds what the server pushes against the document. */
export function watchPush(transport: DocumentedTransport, name: string, payload: unknown): void {
  note(payload, theSocketContract().faultsOfPush(transport, name, payload));
}
