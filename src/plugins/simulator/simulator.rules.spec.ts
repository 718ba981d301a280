import { expect, it } from '@jest/globals';
import { fateOf } from './simulator.rules.js';

const device = (address: object) => ({ device: { kind: 'fcm', address }, title: 'Hello' });

it.each([
  [{ to: { name: '', address: 'bounced@simulator.test' } }, 'bounced'],
  [{ to: { name: '', address: 'Failed@Simulator.Test' } }, 'failed'],
  [{ to: { name: '', address: 'ann@simulator.test' } }, 'delivered'],
  [{ to: { name: '', address: 'bounced@simulator.test.example' } }, 'delivered'],
  [{ to: '+15550000000' }, 'delivered'],
  [{ to: '+15550000001' }, 'bounced'],
  [{ to: '+15550000002' }, 'complained'],
  [{ to: '+15550000003' }, 'failed'],
  [{ to: '+15550000004' }, 'timeout'],
  [{ to: '+15550000005' }, 'slow'],
  [{ to: '+15550000006' }, 'busy'],
  [{ to: '+15550000007' }, 'gone'],
  [{ to: '+15550000009' }, 'delivered'],
  [{ to: '+155500000011' }, 'delivered'],
  [{ url: 'https://simulator.test/timeout' }, 'timeout'],
  [{ url: 'https://simulator.test/timeout/2' }, 'delivered'],
  [device({ token: 'gone@simulator.test' }), 'gone'],
  [device({ subscription: { endpoint: 'https://simulator.test/busy' } }), 'busy'],
  [device({ token: 'a-token-of-a-phone' }), 'delivered'],
  [{ to: 'slow@simulator.test', text: 'of a channel of a plugin' }, 'slow'],
  [{}, 'delivered'],
])('%j is %s', (message, fate) => expect(fateOf(message)).toBe(fate));
