import { expect, it } from '@jest/globals';
import type { ClientLimits, Principal } from '../../security/index.js';
import { inboundWindows } from './inbound-limits.js';
import { requestLimits, requestWindows } from './request-limits.js';

const windowsOf = (limits: ClientLimits, keyType: Principal['keyType'] = 'scoped'): string[] =>
  requestWindows({ keyId: 'k', keyType, limits } as Principal).map(({ name, limit }) => `${name} ${limit}`);

it.each<[ClientLimits, number, number]>([
  [{}, 100, 3_000],
  [{ requestsPerSecond: 5, requestsPerMinute: 42 }, 5, 42],
  [{ requestsPerSecond: 1_000, requestsPerMinute: 60_000 }, 500, 30_000],
  [{ requestsPerSecond: 1_000, keyRequestsPerSecond: 7, keyRequestsPerMinute: 70 }, 7, 70],
])('of %j a scoped key may %i in a second and %i in a minute', (own, second, minute) => {
  expect(requestLimits(own)).toMatchObject({ keyRequestsPerSecond: second, keyRequestsPerMinute: minute });
});

it('a scoped key is counted by itself where it may less than its client, a master key never', () => {
  expect(windowsOf({})).toEqual(['key:k:second 100', 'key:k:minute 3000', 'second 200', 'minute 6000']);
  expect(windowsOf({ requestsPerMinute: 50 })).toEqual(['key:k:second 100', 'second 200', 'minute 50']);
  expect(windowsOf({}, 'master')).toEqual(['second 200', 'minute 6000']);
});

it.each<[ClientLimits, string[]]>([
  [{}, ['inbound:second 200', 'inbound:minute 6000']],
  [{ inboundPerMinute: 20 }, ['inbound:second 200', 'inbound:minute 20']],
  [{ inboundPerSecond: 1_000 }, ['source:s:second 500', 'inbound:second 1000', 'inbound:minute 6000']],
])('of %j what comes in is counted as %j', (limits, windows) => {
  expect(inboundWindows({ id: 's', limits }).map(({ name, limit }) => `${name} ${limit}`)).toEqual(windows);
});
