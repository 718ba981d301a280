import { randomUUID } from 'node:crypto';
import { Notices } from '../../src/platform/database/index.js';
import type { TestApp } from './app.js';

/** Every notice so far has come to the nodes: they come in their order. */
export async function noticesHeard(...nodes: readonly TestApp[]): Promise<void> {
  await Promise.all(
    nodes.map(async (node) => {
      const topic = randomUUID();
      const heard = new Promise<void>((resolve) => node.part(Notices).on(topic, () => resolve()));
      await node.part(Notices).announce(topic, {});
      await heard;
    }),
  );
}
