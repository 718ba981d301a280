import { expect, it } from '@jest/globals';
import type { RecurringJobs } from '../../platform/queue/index.js';
import type { ClientsService } from '../clients/index.js';
import type { NotificationsCleaning } from '../notifications/index.js';
import { ClientRemoval } from './client-removal.js';
import type { RemovalRepository } from './removal.repository.js';

it('a client that cannot be removed does not keep those after it, and is told of', async () => {
  const gone: string[] = [];
  const clients = {
    deleted: () => Promise.resolve(['stuck', 'next']),
    forget: (id: string) => Promise.resolve(void gone.push(id)),
  };
  const notifications = {
    removeAll: (id: string) => (id === 'stuck' ? Promise.reject(new Error('It hangs together')) : Promise.resolve()),
  };
  const nothing = () => Promise.resolve(false);
  const removal = new ClientRemoval(
    {} as RecurringJobs,
    clients as unknown as ClientsService,
    notifications as unknown as NotificationsCleaning,
    { removeSome: nothing, removeSomeOfTrail: nothing } as unknown as RemovalRepository,
  );

  await expect(removal.run()).rejects.toThrow('1 of 2 failed');
  expect(gone).toEqual(['next']);
});
