import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { headersOfCall, isWebhookSecret, newWebhookSecret, signatureHeaders } from './webhook-signature.js';

const VERIFIERS = { standardwebhooks: StandardWebhook, svix: SvixWebhook };
const now = (): Date => new Date();
const aSecret = fc
  .uint8Array({ minLength: 24, maxLength: 64 })
  .map((bytes) => `whsec_${Buffer.from(bytes).toString('base64')}`);

describe.each(Object.entries(VERIFIERS))('what is signed is taken by %s', (_name, Verifier) => {
  it('whatever the secret and the body', () => {
    fc.assert(
      fc.property(aSecret, fc.json(), fc.uuid(), (secret, body, id) => {
        const headers = signatureHeaders({ id, at: now(), body }, [secret]);
        expect(new Verifier(secret).verify(body, headers)).toEqual(JSON.parse(body));
      }),
    );
  });

  it('with each secret that is live, and with no other', () => {
    const [newest, old, gone] = [newWebhookSecret(), newWebhookSecret(), newWebhookSecret()];
    const body = JSON.stringify({ type: 'message.created', data: { text: 'Grüße 👋\u2028' } });
    const headers = signatureHeaders({ id: 'evt_1', at: now(), body }, [newest, old]);

    expect(headers['webhook-signature']?.split(' ')).toHaveLength(2);
    for (const secret of [newest, old]) expect(new Verifier(secret).verify(body, headers)).toEqual(JSON.parse(body));
    expect(() => new Verifier(gone).verify(body, headers)).toThrow();
  });

  it('and not with a byte of it changed, or as another call', () => {
    const secret = newWebhookSecret();
    const headers = signatureHeaders({ id: 'evt_1', at: now(), body: '{"paid":10}' }, [secret]);
    const verifier = new Verifier(secret);
    const timestamp = `${Number(headers['webhook-timestamp']) + 1}`;

    expect(() => verifier.verify('{"paid":11}', headers)).toThrow();
    expect(() => verifier.verify('{"paid": 10}', headers)).toThrow();
    expect(() => verifier.verify('{"paid":10}', { ...headers, 'webhook-id': 'evt_2' })).toThrow();
    expect(() => verifier.verify('{"paid":10}', { ...headers, 'webhook-timestamp': timestamp })).toThrow();
  });
});

it('gives the signature that the specification shows', () => {
  // The example of https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/javascript
  const headers = signatureHeaders(
    { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', at: new Date(1_614_265_330_000), body: '{"test": 2432232314}' },
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  );

  expect(headers).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

it('signs with nothing that is no secret, and says so without showing it', () => {
  const call = { id: 'evt_1', at: now(), body: '{}' };

  expect(() => signatureHeaders(call, [])).toThrow('whsec_…');
  for (const secret of ['hunter2', 'whsec_hunter2', 'whsec_']) {
    expect(() => signatureHeaders(call, [newWebhookSecret(), secret])).toThrow('whsec_…');
    expect(() => signatureHeaders(call, [secret])).not.toThrow('hunter2');
  }
  expect(() => signatureHeaders({ ...call, id: 'evt.1' }, [newWebhookSecret()])).toThrow('full stop');
});

it('leaves the signature out where there is no secret yet, and nothing else', () => {
  const call = { id: 'evt_1', at: new Date(1_614_265_330_999), body: '{}' };
  const secret = newWebhookSecret();

  expect(headersOfCall(call, [])).toEqual({ 'webhook-id': 'evt_1', 'webhook-timestamp': '1614265330' });
  expect(headersOfCall(call, [secret])).toEqual(signatureHeaders(call, [secret]));
});

describe('a secret', () => {
  const of = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;

  it('is new each time, and one', () => {
    expect(newWebhookSecret()).not.toBe(newWebhookSecret());
    expect(newWebhookSecret()).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(isWebhookSecret(newWebhookSecret())).toBe(true);
  });

  it.each([of(24), of(32), of(64), of(25), of(26), of(25).replace(/=+$/, '')])('may be %s', (text) => {
    expect(isWebhookSecret(text)).toBe(true);
  });

  it.each([
    ...['', 'whsec_', of(23), of(65), of(32).slice(6), ` ${of(32)}`, `${of(32)}\n`, `${of(32)}=`],
    ...[`whsec_${'-_'.repeat(20)}`, `whsec_${'A'.repeat(33)}`, `whpk_${of(32).slice(6)}`, 7, null, undefined],
  ])('may not be %j', (text) => {
    expect(isWebhookSecret(text)).toBe(false);
  });
});
