import type { InputFault } from '../../platform/errors/index.js';
import type { ChannelContents } from './content.js';
import type { Recipient } from './recipients.rules.js';

/** What of a wish says more than one field can. */
export interface Checkable {
  readonly to: readonly Recipient[];
  readonly channels: ChannelContents;
  readonly sendAt?: string;
  readonly expiresAt?: string;
}

/** What makes a wish one that cannot be meant: all of it, each with the place. */
export function faultsOf({ to, channels: { websocket, email }, sendAt, expiresAt }: Checkable): InputFault[] {
  const faults = to.flatMap((recipient, n) => (namesOne(recipient) ? [] : fault(`/to/${n}`, 'exactly_one', ONE)));
  if (!websocket && !email) faults.push(...fault('/channels', 'required', 'at least one channel is wanted'));
  if (email && email.html === undefined && email.text === undefined)
    faults.push(...fault('/channels/email', 'required', 'email needs html, text, or both'));
  if (expiresAt !== undefined && sendAt !== undefined && Date.parse(expiresAt) <= Date.parse(sendAt))
    faults.push(...fault('/expiresAt', 'after_send_at', 'expiresAt must be after sendAt'));
  return faults;
}

const ONE = 'a recipient has exactly one of userId, email and roomId';
const fault = (pointer: string, code: string, message: string): InputFault[] => [{ pointer, code, message }];

const namesOne = ({ userId, email, roomId }: Recipient): boolean =>
  [userId, email, roomId].filter((given) => given !== undefined).length === 1;
