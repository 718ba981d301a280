import type { Type } from '@nestjs/common';
import type { Provider } from '../extension/index.js';
import { batchChecks, pollChecks, verifyChecks } from './account-checks.js';
import { check, type ContractCheck, must } from './check.js';
import { checkFields, checkSchema, checkSecrets, schemaOf } from './fields.js';
import { peerAt } from './peers.js';
import { type ProviderGiven, Subject } from './provider-given.js';
import { receiptChecks } from './receipt-checks.js';
import { inwardChecks, sendChecks } from './send-checks.js';

const KIND = /^[a-z][a-z0-9_-]{0,39}$/;
const DEADLINE_MAX_SECONDS = 30;
const ANYWHERE = peerAt(9);

/**
 * What the service relies on with a provider, as checks for any test runner:
 * `for (const { name, run } of providerContract(AcmeSms, { … })) test(name, run)`.
 */
export function providerContract<Settings extends object, Message extends object>(
  type: Type<Provider<Settings, Message>>,
  given: ProviderGiven<Settings, Message>,
): readonly ContractCheck[] {
  // Whatever its settings and messages are: the kit only hands on what `given` makes.
  const make = (): Subject => new Subject(type, given);
  const { provider } = new Subject(type, given);
  return [
    check('says what it is', () => saysWhatItIs(make())),
    check('has settings that are validated', () => hasSettings(make())),
    check('describes its settings by a JSON schema', () => withSettings(make(), checkSchema)),
    check('marks its secrets', () => checkSecrets(make().descriptor.settings)),
    ...(given.vendor ? sendChecks(make) : inwardChecks(make)),
    ...(provider.sendBatch ? batchChecks(make) : []),
    ...(provider.verify && given.vendor ? verifyChecks(make) : []),
    ...(provider.receipts ? receiptChecks(make) : []),
    ...(provider.poll && given.vendor ? pollChecks(make) : []),
  ];
}

function hasSettings({ descriptor, provider, given }: Subject): void {
  const { settings } = given.at(ANYWHERE);
  checkFields(descriptor.settings, settings);
  const faults = provider.faultsOf?.(settings) ?? [];
  must(faults.length === 0, `faultsOf refuses the settings you gave: ${JSON.stringify(faults)}`);
}

const withSettings = ({ descriptor, given }: Subject, look: (type: Type<object>, settings: object) => void): void =>
  look(descriptor.settings, given.at(ANYWHERE).settings);

function saysWhatItIs({ descriptor, provider }: Subject): void {
  const { kind, channels, title, settings, deadlineSeconds = 1, batchMax = 0 } = descriptor;
  must(KIND.test(kind), `"${kind}" is no kind: ${KIND.source}`);
  must(title !== '', 'It has no title.');
  must(channels.length > 0, 'It serves no channel.');
  must(deadlineSeconds > 0 && deadlineSeconds <= DEADLINE_MAX_SECONDS, 'A deadline is of 30 s at most.');
  const { channel } = schemaOf(settings).properties;
  must(
    channels.length === 1 || (channels === 'all' ? channel : channel?.enum) !== undefined,
    'It serves several channels, so its settings need a field `channel` that says which: with OneOf, unless it serves all.',
  );
  must(batchMax === 0 || provider.sendBatch !== undefined, 'It has a batchMax and no sendBatch.');
  must(
    batchMax > 1 || provider.sendBatch === undefined,
    'It has sendBatch, and no batchMax that says how many it takes.',
  );
}
