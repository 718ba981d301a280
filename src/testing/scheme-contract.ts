import type { Type } from '@nestjs/common';
import type { Scheme } from '../extension/index.js';
import { check, type ContractCheck, must } from './check.js';
import { checkFields, checkSchema, refusalOf, schemaOf } from './fields.js';
import { NOW, type SchemeGiven, SchemeSubject } from './scheme-given.js';
import { beliefChecks, refusalChecks } from './signature-checks.js';

const NAME = /^[a-z][a-z0-9_-]{0,39}$/;
const POINTER = /^(\/([^~/]|~[01])*)*$/;
/** What every source's verification has. */
const TAKEN = ['scheme', 'secret', 'secrets', 'toleranceSeconds'];
const SECRET = /^[\x21-\x7e]{24,200}$/;

class NoSettings {}

/**
 * What the service relies on with a webhook scheme, as checks for any test runner:
 * `for (const { name, run } of webhookSchemeContract(AcmeScheme, { … })) test(name, run)`.
 */
export function webhookSchemeContract<Settings extends object>(
  type: Type<Scheme<Settings>>,
  given: SchemeGiven<Settings>,
): readonly ContractCheck[] {
  const make = (): SchemeSubject<Settings> => new SchemeSubject(type, given);
  const { isInsecure, scheme } = make();
  return [
    check('says what it is', () => saysWhatItIs(make())),
    check('has settings that are validated', () => hasSettings(make())),
    check('describes its settings by a JSON schema', () => {
      const { descriptor, settings } = make();
      checkSchema(descriptor.settings ?? NoSettings, settings);
    }),
    ...(scheme.newSecret ? [check('makes secrets that nobody guesses', () => makesSecrets(make()))] : []),
    ...beliefChecks(make),
    ...(isInsecure ? [] : refusalChecks(make)),
  ];
}

function saysWhatItIs({ descriptor, scheme, isInsecure }: SchemeSubject): void {
  const { name, title, settings = NoSettings } = descriptor;
  must(NAME.test(name), `"${name}" is no name of a scheme: ${NAME.source}`);
  must(title !== '', 'It has no title.');
  for (const field of Object.keys(schemaOf(settings).properties))
    must(!TAKEN.includes(field), `Its settings have a field ${field}, which every source has already.`);
  must(!isInsecure || scheme.newSecret === undefined, 'It is insecure, and makes secrets all the same.');
}

function hasSettings<Settings extends object>({
  descriptor,
  scheme,
  settings,
  secret,
  isInsecure,
  given,
}: SchemeSubject<Settings>): void {
  const { settings: type = NoSettings } = descriptor;
  checkFields(type, settings);
  const faults = scheme.faultsOf?.(isInsecure ? { settings } : { settings, secret }) ?? [];
  must(faults.length === 0, `faultsOf refuses what you gave: ${JSON.stringify(faults)}`);
  for (const refused of given.refused ?? []) {
    const shown = JSON.stringify(refused);
    if (refused.settings && refusalOf(type, refused.settings).length > 0) continue;
    const found = scheme.faultsOf?.({ settings, ...(refused as { settings?: Settings }) }) ?? [];
    must(found.length > 0, `${shown} is taken, by its class and by faultsOf.`);
    for (const { pointer, code, message } of found) {
      must(POINTER.test(pointer) && pointer !== '', `${pointer} is no JSON pointer to a field of the verification.`);
      must(code !== '' && message !== '', `A fault of ${shown} has no code, or no message.`);
    }
  }
}

async function makesSecrets(subject: SchemeSubject): Promise<void> {
  const { scheme, settings, given } = subject;
  const [one = '', other] = [scheme.newSecret?.(), scheme.newSecret?.()];
  must(SECRET.test(one), `A new secret is of 24 to 200 printable characters without blanks, not ${one.length}.`);
  must(one !== other, 'It makes the same secret twice.');
  const faults = scheme.faultsOf?.({ settings, secret: one }) ?? [];
  must(faults.length === 0, `faultsOf refuses a secret that it made: ${JSON.stringify(faults)}`);
  const request = await given.request({ secret: one, at: NOW, settings });
  await subject.verify(request, { secrets: [one] });
}
