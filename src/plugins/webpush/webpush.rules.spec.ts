import { describe, expect, it } from '@jest/globals';
import { outcomeOf } from './webpush.rules.js';

const BROWSERS = 'https://updates.push.services.mozilla.com/wpush/v2/gAAAA';
const OWN = 'https://push.example/up?token=1';

const PROVIDER = { kind: 'failed', fault: 'provider' };
const RECIPIENT = { kind: 'failed', fault: 'recipient' };
const REFUSED = { kind: 'rejected', reason: 'provider_rejected' };
const GONE = { kind: 'rejected', reason: 'invalid_recipient', isGone: true };

/** RFC 8030 5 and 7, RFC 8292 4.2 */
describe('what a push service answers', () => {
  it.each<[string, number, string, object]>([
    [BROWSERS, 201, '', { kind: 'sent', reference: '/m/1' }],
    [BROWSERS, 200, '', { kind: 'sent' }],
    [BROWSERS, 404, '', GONE],
    [BROWSERS, 410, 'push subscription has unsubscribed or expired.', GONE],
    [BROWSERS, 413, '', REFUSED],
    [BROWSERS, 400, 'bad TTL', REFUSED],
    [BROWSERS, 400, '{"reason":"BadJwtToken"}', PROVIDER],
    [BROWSERS, 401, 'Request did not validate', PROVIDER],
    [BROWSERS, 403, 'forbidden', PROVIDER],
    [BROWSERS, 429, '', { ...RECIPIENT, retryAfterSeconds: 9 }],
    [BROWSERS, 500, '', { ...PROVIDER, retryAfterSeconds: 9 }],
    [BROWSERS, 503, '', PROVIDER],
    [BROWSERS, 301, '', REFUSED],
    [OWN, 410, '', GONE],
    [OWN, 403, 'forbidden', REFUSED],
    [OWN, 400, 'bad vapid', REFUSED],
    [OWN, 429, '', RECIPIENT],
    [OWN, 503, '', { ...RECIPIENT, retryAfterSeconds: 9 }],
    ['https://fcm.googleapis.com/fcm/send/1', 403, 'forbidden', PROVIDER],
    ['https://web.push.apple.com/1', 403, 'forbidden', PROVIDER],
    ['https://wns2-by3p.notify.windows.com/w/1', 401, '', PROVIDER],
    ['https://fcm.googleapis.com.evil.example/1', 403, 'forbidden', REFUSED],
    ['https://evilfcm.googleapis.com.example/1', 503, '', RECIPIENT],
  ])('%s: %d %s', (endpoint, status, text, outcome) => {
    const headers = { 'retry-after': '9', location: '/m/1' };

    expect(outcomeOf({ status, text, headers }, endpoint)).toMatchObject(outcome);
  });

  it.each([
    'the VAPID credentials in the authorization header do not correspond to the credentials used to create the subscriptions.',
    '{"reason":"VapidPkHashMismatch"}',
  ])('of a subscription that was made with other keys says nothing of the provider: %s', (text) => {
    expect(outcomeOf({ status: 403, text, headers: {} }, 'https://fcm.googleapis.com/fcm/send/1')).toMatchObject({
      kind: 'rejected',
      reason: 'invalid_recipient',
    });
  });
});
