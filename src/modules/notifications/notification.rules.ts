import type { ContentFault } from '../../extension/channel.js';
import type { InputFault } from '../../platform/errors/index.js';
import type { ChannelContents } from './content.js';
import type { Routing } from './ladder.rules.js';
import { type Recipient, RECIPIENT_KINDS } from './recipients.rules.js';

/** What of a wish says more than one field can. */
export interface Checkable {
  readonly to: readonly Recipient[];
  readonly channels: ChannelContents;
  readonly routing?: Pick<Routing, 'order'>;
  readonly sendAt?: string;
  readonly expiresAt?: string;
}

/** A channel of the installation, as far as contents are checked. */
type Checks = { readonly faultsOf?: (content: object) => readonly ContentFault[] } | undefined;

/** What makes a wish one that cannot be meant: all of it, each with the place. */
export function faultsOf(
  { to, channels, routing, sendAt, expiresAt }: Checkable,
  find: (channel: string) => Checks,
): InputFault[] {
  const faults = to.flatMap((recipient, n) => (namesOne(recipient) ? [] : fault(`/to/${n}`, 'exactly_one', ONE)));
  const wanted = Object.keys(channels);
  if (wanted.length === 0) faults.push(...fault('/channels', 'required', 'at least one channel is wanted'));
  for (const [name, content] of Object.entries(channels)) faults.push(...contentFaults(name, content, find(name)));
  for (const [n, name] of (routing?.order ?? []).entries())
    if (!wanted.includes(name))
      faults.push(...fault(`/routing/order/${n}`, 'not_wanted', 'order names channels that have content'));
  if (expiresAt !== undefined && sendAt !== undefined && Date.parse(expiresAt) <= Date.parse(sendAt))
    faults.push(...fault('/expiresAt', 'after_send_at', 'expiresAt must be after sendAt'));
  return faults;
}

/** A channel that another application in this process has, and this one not, passed the fields' checks. */
function contentFaults(name: string, content: object, channel: Checks): InputFault[] {
  if (!channel) return fault(`/channels/${name}`, 'unknown_field', `${name} is not a channel of this installation`);
  return (channel.faultsOf?.(content) ?? []).map(({ pointer, ...rest }) => ({
    pointer: `/channels/${name}${pointer}`,
    ...rest,
  }));
}

const ONE = `a recipient has exactly one of ${RECIPIENT_KINDS.join(', ')}`;
const fault = (pointer: string, code: string, message: string): InputFault[] => [{ pointer, code, message }];

const namesOne = (recipient: Recipient): boolean =>
  RECIPIENT_KINDS.filter((kind) => recipient[kind] !== undefined).length === 1;
