import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { choosePort, isFree } from './ports.js';

let neighbour: Server;
let taken: number;
beforeEach(async () => {
  neighbour = createServer().listen(0, '127.0.0.1');
  await once(neighbour, 'listening');
  taken = (neighbour.address() as AddressInfo).port;
});
afterEach(() => void neighbour.close());

describe('a port', () => {
  it('in use is not free, on any address that covers it', async () => {
    await expect(isFree(taken)).resolves.toBe(false);
    await expect(isFree(taken, '0.0.0.0')).resolves.toBe(false);
  });

  it('of the last start is taken again while it is free', async () => {
    const free = await choosePort();
    await expect(choosePort(free)).resolves.toBe(free);
  });

  it('of the last start that somebody else has now is given up', async () => {
    const chosen = await choosePort(taken);
    expect(chosen).not.toBe(taken);
    await expect(isFree(chosen)).resolves.toBe(true);
  });
});
