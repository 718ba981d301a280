import type { Type } from '@nestjs/common';
import type { Address, Channel, ContentFault, Destination, Party } from '../extension/index.js';
import { channelDescriptorOf, type ChannelDescriptor } from '../extension/channel.js';
import { check, type ContractCheck, must, said, thrownBy } from './check.js';
import { asStored, checkFields, checkSchema, refusalOf } from './fields.js';

/** What the kit needs to know of a channel to try it. */
export interface ChannelGiven<Content extends object, Message extends object> {
  /** What a caller gives for it. */
  readonly content: Content;
  /** Contents that it refuses, by a field or by `faultsOf`; each for another reason. */
  readonly refused?: readonly object[];
  /** Somebody whom it reaches with that content. */
  readonly party: Partial<Party>;
  /** Of an address with a device: how the device is reached. */
  readonly device?: Destination['device'];
  /** How to make one; by its constructor without arguments unless told. */
  make?(): Channel<Content, Message>;
}

interface Subject {
  readonly descriptor: ChannelDescriptor;
  readonly channel: Channel<object, object>;
  readonly given: ChannelGiven<object, object>;
  /** As it comes out of the database. */
  readonly content: object;
}

const NAME = /^[a-z][a-z0-9_-]{0,15}$/;
const RECIPIENT_MAX = 500;
const POINTER = /^(\/([^~/]|~[01])*)*$/;
const NOBODY: Party = { devices: [], isOwnRoom: false };

/** What the service relies on with a channel, as checks for any test runner. */
export function channelContract<Content extends object, Message extends object>(
  type: Type<Channel<Content, Message>>,
  given: ChannelGiven<Content, Message>,
): readonly ContractCheck[] {
  const descriptor = channelDescriptorOf(type);
  const subject = (): Subject => {
    must(descriptor !== undefined, `${type.name} has no @DeliveryChannel.`);
    const channel = given.make?.() ?? new type();
    // Whatever its contents and messages are: the kit only hands on what was given.
    return { descriptor, channel, given, content: frozen(asStored(given.content)) };
  };
  return [
    check('says what it is', () => saysWhatItIs(subject())),
    check('has contents that are validated', () => checkFields(subject().descriptor.content, given.content)),
    check('describes its contents by a JSON schema', () => checkSchema(subject().descriptor.content, given.content)),
    check('refuses what it cannot send, and points to it', () => refuses(subject())),
    check('says where somebody is reached', () => reaches(subject())),
    check('says of nobody that they are nowhere', () => reachesNobody(subject())),
    check('makes the same message of the same content', () => makesMessages(subject())),
  ];
}

function saysWhatItIs({ descriptor: { name, title, content } }: Subject): void {
  must(NAME.test(name), `"${name}" is no name of a channel: ${NAME.source}`);
  must(title !== '', 'It has no title.');
  must(typeof content === 'function', 'It names no class of its contents.');
}

async function refuses({ descriptor, channel, given, content }: Subject): Promise<void> {
  const faultsOf = (of: object): readonly ContentFault[] => channel.faultsOf?.(of) ?? [];
  must(faultsOf(content).length === 0, `faultsOf refuses the content you gave: ${JSON.stringify(faultsOf(content))}`);
  for (const wrong of given.refused ?? []) {
    const isRefused = refusalOf(descriptor.content, wrong).length > 0;
    const thrown = await thrownBy(() => faultsOf(wrong));
    must(isRefused || thrown === undefined, `faultsOf threw ${said(thrown)} for ${JSON.stringify(wrong)}.`);
    const faults = isRefused ? [] : faultsOf(wrong);
    must(isRefused || faults.length > 0, `${JSON.stringify(wrong)} is taken, by its class and by faultsOf.`);
    for (const { pointer, code, message } of faults) {
      must(POINTER.test(pointer), `"${pointer}" is no JSON pointer within the content.`);
      must(
        /^[a-z][a-z0-9_]*$/.test(code) && message !== '',
        `A fault needs a code in snake_case and a message, not "${code}".`,
      );
    }
  }
}

const addressesOf = ({ channel, given, content }: Subject): readonly Address[] =>
  channel.addressesOf(frozen({ ...NOBODY, ...given.party }), content);

function reaches(subject: Subject): void {
  const { descriptor, given } = subject;
  const addresses = addressesOf(subject);
  must(addresses.length > 0, 'It reaches nobody: the party you gave has no address on it.');
  must(
    JSON.stringify(addresses) === JSON.stringify(addressesOf(subject)),
    'It reaches the same party elsewhere each time.',
  );
  const devices = (given.party.devices ?? []).map(({ id }) => id);
  for (const { recipient, deviceId } of addresses) {
    must(
      typeof recipient === 'string' && recipient !== '' && recipient.length <= RECIPIENT_MAX,
      `An address has a recipient of 1 to ${RECIPIENT_MAX} characters, not ${JSON.stringify(recipient)}.`,
    );
    must(deviceId === undefined || devices.includes(deviceId), `The device ${deviceId} is none of the party’s.`);
    must(
      deviceId === undefined || descriptor.usesDevices === true,
      'Its addresses are devices: say usesDevices, or none will be looked up.',
    );
  }
}

async function reachesNobody({ channel, content }: Subject): Promise<void> {
  const user = { displayName: null, email: null, phone: null, metadata: {} };
  for (const party of [NOBODY, { ...NOBODY, userId: 'ann' }, { ...NOBODY, userId: 'ann', user }]) {
    const thrown = await thrownBy(() => channel.addressesOf(frozen(party), content));
    must(thrown === undefined, `addressesOf threw for somebody of whom little is known: ${said(thrown)}`);
    for (const { recipient } of channel.addressesOf(frozen(party), content))
      must(Boolean(recipient), 'It reaches somebody of whom little is known at an address that is empty.');
  }
}

function makesMessages(subject: Subject): void {
  const { channel, content, given } = subject;
  if (!channel.messageOf) return; // the house delivers
  for (const { recipient, name = null, kind = null, deviceId } of addressesOf(subject)) {
    must(deviceId === undefined || given.device !== undefined, 'Give the kit a device, as its addresses have one.');
    const destination = frozen({
      recipient,
      name,
      kind,
      device: deviceId === undefined ? null : (given.device ?? null),
      unsubscribeUrl: 'https://chat.example.com/api/v1/unsubscribe/token',
    });
    const message = channel.messageOf(content, destination);
    must(typeof message === 'object' && message !== null, 'A message is an object.');
    must(
      JSON.stringify(message) === JSON.stringify(channel.messageOf(content, destination)),
      'The same content makes another message each time: a second try would send something else.',
    );
  }
}

/** Whoever writes to what it was lent gets an error. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}
