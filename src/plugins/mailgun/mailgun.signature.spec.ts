import { describe, expect, it } from '@jest/globals';
import { anEvent, signed } from '../../../test/fakes/mailgun.js';
import { InvalidSignature } from '../../extension/index.js';
import { signedReceiptsOf } from './mailgun.events.js';
import { signedCallOf } from './mailgun.signature.js';

const KEY = 'signs-its-events';
const NOW = new Date('2026-11-29T12:00:00.000Z');
const LIMITS = { secrets: [KEY], toleranceSeconds: 300, now: NOW };
/** As the one in Mailgun's own documentation it begins like an exponent. */
const TOKEN = 'e0b5477167110d68991efc6b9f89f0a11066af27834600e123';

const aCall = () => signed(anEvent(), KEY, { at: NOW.getTime(), token: TOKEN });
const bytesOf = (call: object) => Buffer.from(JSON.stringify(call));

describe('the signature of Mailgun’s calls', () => {
  it('gives the token, and what is told', () => {
    const call = aCall();

    expect(signedCallOf(bytesOf(call), LIMITS)).toMatchObject({ token: TOKEN, event: call['event-data'] });
  });

  it('takes a time that came as a number', () => {
    const { signature, ...rest } = aCall();
    const call = { ...rest, signature: { ...signature, timestamp: Number(signature.timestamp) } };

    expect(signedCallOf(bytesOf(call), LIMITS).token).toBe(TOKEN);
  });

  it.each(['e', 'e0', 'e0b'])('is not good for another token: %s of it cannot become the end of the time', (part) => {
    const { signature } = aCall();
    const moved = { ...signature, timestamp: signature.timestamp + part, token: TOKEN.slice(part.length) };
    const body = bytesOf({ signature: moved, 'event-data': anEvent({ event: 'complained' }) });

    expect(() => signedCallOf(body, LIMITS)).toThrow(InvalidSignature);
    expect(() => signedReceiptsOf(body, KEY, NOW.getTime())).toThrow(InvalidSignature);
  });

  it('is good for nothing without a key', () => {
    const forged = bytesOf(signed(anEvent(), '', { at: NOW.getTime() }));

    expect(() => signedReceiptsOf(forged, undefined, NOW.getTime())).toThrow(InvalidSignature);
    expect(() => signedReceiptsOf(forged, '', NOW.getTime())).toThrow(InvalidSignature);
  });
});
