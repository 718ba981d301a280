import { describe, expect, it } from '@jest/globals';
import { Wire } from './fuzz/wire.js';
import { assertLoopback } from './loopback.js';

describe('an attack', () => {
  it.each(['http://127.0.0.1:8000', 'http://127.1.2.3', 'http://[::1]:8000', 'http://[::ffff:127.0.0.1]'])(
    'may go to %s',
    (url) => {
      expect(() => assertLoopback(url)).not.toThrow();
    },
  );

  it.each([
    ...[
      'http://10.0.0.1',
      'http://192.168.1.1:8000',
      'http://169.254.169.254',
      'http://8.8.8.8',
      'http://0.0.0.0:8000',
    ],
    ...['http://[::]', 'http://[fe80::1]', 'http://[::ffff:10.0.0.1]', 'http://localhost:8000', 'http://chat.example'],
  ])('never goes to %s', (url) => {
    expect(() => assertLoopback(url)).toThrow('is not attacked');
    expect(() => new Wire(url)).toThrow('is not attacked');
  });
});
