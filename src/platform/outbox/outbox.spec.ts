import { describe, expect, it, jest } from '@jest/globals';
import type { Tx } from '../database/index.js';
import { OutboundCatalogue } from './outbound-catalogue.js';
import type { OutboundEvent } from './outbound-event.js';
import { atHops, currentHops } from './hops.js';
import { Outbox, type OutboxListener } from './outbox.js';

const tx = {} as Tx;
const event = (clientId: string, data = () => ({})): OutboundEvent => ({
  ...{ clientId, type: 'message.created', at: new Date(), hops: 0, data },
});

class Heard implements OutboxListener {
  readonly events: OutboundEvent[] = [];

  constructor(private readonly of: (clientId: string) => boolean | Promise<boolean>) {}

  wants(clientId: string) {
    return this.of(clientId);
  }

  accept(_tx: Tx, events: readonly OutboundEvent[]) {
    this.events.push(...events);
    return Promise.resolve();
  }
}

describe('the outbox', () => {
  it('tells each listener what it wants, and makes no data for nobody', async () => {
    const outbox = new Outbox();
    const [a, both, nobody] = [
      new Heard((id) => id === 'a'),
      new Heard(() => Promise.resolve(true)),
      new Heard(() => false),
    ];
    [a, both, nobody].forEach((listener) => outbox.subscribe(listener));
    const data = jest.fn(() => ({}));

    await outbox.tell(tx, [event('a', data), event('b', data)]);

    expect(a.events.map(({ clientId }) => clientId)).toEqual(['a']);
    expect(both.events.map(({ clientId }) => clientId)).toEqual(['a', 'b']);
    expect(nobody.events).toEqual([]);
    expect(data).not.toHaveBeenCalled();
  });

  it('knows what anybody wants, each once and in order, before it is told', async () => {
    const outbox = new Outbox();
    outbox.subscribe(new Heard(() => false));
    outbox.subscribe(new Heard((id) => id === 'c'));
    outbox.subscribe(new Heard((id) => Promise.resolve(id !== 'b')));
    const named = ['a', 'b', 'c'].map((clientId) => ({ clientId, type: 'message.created' as const }));

    expect(await outbox.wanted(named)).toEqual([named[0], named[2]]);
    expect(await outbox.wanted([])).toEqual([]);
  });

  it('fails what cannot be told', async () => {
    const outbox = new Outbox();
    outbox.subscribe({ wants: () => true, accept: () => Promise.reject(new Error('no')) });

    await expect(outbox.tell(tx, [event('a')])).rejects.toThrow('no');
  });
});

describe('the catalogue', () => {
  it('has each type once, by name', () => {
    const catalogue = new OutboundCatalogue();
    catalogue.declare({ 'b.c': { summary: 'B', data: Object }, 'a.b': { summary: 'A', data: Object } });

    expect(catalogue.all().map(({ type }) => type)).toEqual(['a.b', 'b.c']);
    expect(() => catalogue.declare({ 'a.b': { summary: 'again', data: Object } })).toThrow('Two modules declare');
  });
});

describe('hops', () => {
  it('are of what runs within, and of nothing beside it', async () => {
    const within = atHops(2, async () => {
      await Promise.resolve();
      return currentHops();
    });

    expect(currentHops()).toBe(0);
    expect(await within).toBe(2);
  });
});
