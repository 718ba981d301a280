import { describe, expect, it } from '@jest/globals';
import { outcomeOf } from './smtp.rules.js';

const TO = 'ann@example.com';

/** As the library throws it. */
const failure = (fields: object): Error => Object.assign(new Error('it failed'), fields);
const reply = (status: number, command: string, code = 'EENVELOPE'): Error =>
  failure({ code, command, responseCode: status, response: `${status} said the server` });

const RETRY = { kind: 'failed', fault: 'recipient' };
const PROVIDER = { kind: 'failed', fault: 'provider' };
const BOUNCE = { kind: 'rejected', reason: 'hard_bounce' };
const REFUSED = { kind: 'rejected', reason: 'provider_rejected' };

/** https://www.rfc-editor.org/rfc/rfc5321#section-4.2.3 and, for 53x, https://www.rfc-editor.org/rfc/rfc4954#section-6 */
describe('what a reply of the server means', () => {
  it.each<[number, string, object]>([
    [421, 'RCPT TO', PROVIDER],
    [421, 'DATA', PROVIDER],
    [450, 'RCPT TO', RETRY],
    [451, 'RCPT TO', RETRY],
    [452, 'RCPT TO', RETRY],
    [451, 'MAIL FROM', RETRY],
    [451, 'DATA', RETRY],
    [550, 'RCPT TO', BOUNCE],
    [551, 'RCPT TO', BOUNCE],
    [552, 'RCPT TO', BOUNCE],
    [553, 'RCPT TO', BOUNCE],
    [550, 'MAIL FROM', REFUSED],
    [550, 'DATA', REFUSED],
    [552, 'DATA', REFUSED],
    [554, 'DATA', REFUSED],
    [530, 'MAIL FROM', PROVIDER],
    [535, 'AUTH PLAIN', PROVIDER],
    [535, 'RCPT TO', PROVIDER],
    [534, 'AUTH LOGIN', PROVIDER],
    [538, 'MAIL FROM', PROVIDER],
    [554, 'CONN', PROVIDER],
    [550, 'EHLO', PROVIDER],
    [454, 'STARTTLS', PROVIDER],
  ])('%d to %s', (status, command, expected) => {
    expect(outcomeOf(reply(status, command), TO)).toMatchObject({ ...expected, detail: `${status} said the server` });
  });

  it('is what it says of this recipient, whatever it says of the copies', () => {
    const of = (recipient: string, status: number) => Object.assign(reply(status, 'RCPT TO'), { recipient });
    const refused = (...rejectedErrors: Error[]) => Object.assign(reply(450, 'RCPT TO'), { rejectedErrors });

    expect(outcomeOf(refused(of(TO, 550), of('bob@example.com', 450)), TO)).toMatchObject(BOUNCE);
    expect(outcomeOf(refused(of('bob@example.com', 550), of(TO, 450)), TO)).toMatchObject(RETRY);
  });
});

/** https://www.rfc-editor.org/rfc/rfc3463#section-3 */
describe('a recipient that is refused for good', () => {
  it.each<[string, object]>([
    ['550 5.1.1 no such user', BOUNCE],
    ['550-5.1.1 no such user\r\n550 5.1.1 here', BOUNCE],
    ['550 5.1.10 null MX', BOUNCE],
    ['550 5.2.1 disabled', BOUNCE],
    ['550 5.5.0 mailbox unavailable', BOUNCE],
    ['550 no such user 5.7.1', BOUNCE],
    ['550 5.1.8 bad sender', REFUSED],
    ['552 5.2.2 mailbox full', REFUSED],
    ['550 5.4.4 no route', REFUSED],
    ['554 5.7.1 <ann@example.com>: Relay access denied', REFUSED],
    ['550-5.7.26 not authenticated\r\n550 5.7.26 by its domain', REFUSED],
  ])('%j', (response, outcome) => {
    const responseCode = Number(response.slice(0, 3));

    expect(outcomeOf(failure({ code: 'EENVELOPE', command: 'RCPT TO', responseCode, response }), TO)).toMatchObject(
      outcome,
    );
  });
});

describe('what a failure without a reply means', () => {
  it.each<[string, object, object]>([
    ['nobody listens', { code: 'ECONNECTION', command: 'CONN' }, PROVIDER],
    ['the connection was lost', { code: 'ECONNECTION', responseCode: false }, PROVIDER],
    ['no greeting came', { code: 'ETIMEDOUT', command: 'CONN' }, { ...PROVIDER, timedOut: false }],
    ['the certificate is not trusted', { code: 'ETLS', command: 'CONN' }, PROVIDER],
    ['credentials are missing', { code: 'EAUTH', command: 'API' }, PROVIDER],
    ['the deadline has passed', { name: 'AbortError', code: 'EABORT' }, { ...PROVIDER, timedOut: true }],
    ['the name could not be looked up', { name: 'EgressUnresolved' }, PROVIDER],
    ['the address may not be connected to', { name: 'EgressRefused' }, { kind: 'rejected', reason: 'ssrf_blocked' }],
    [
      'the library finds the address wrong',
      { code: 'EENVELOPE', command: 'API' },
      { kind: 'rejected', reason: 'invalid_recipient' },
    ],
    ['the mail is larger than the server takes', { code: 'EMESSAGE', command: 'MAIL FROM' }, REFUSED],
  ])('%s', (_what, fields, expected) => {
    expect(outcomeOf(failure(fields), TO)).toMatchObject(expected);
  });
});

it('keeps a thousand characters of what was said, and no half of one', () => {
  const { detail = '' } = outcomeOf(failure({ response: `${'x'.repeat(999)}👋` }), TO);

  expect(detail).toHaveLength(1_000);
  expect(detail.isWellFormed()).toBe(true);
});
