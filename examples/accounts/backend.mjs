// The app's backend: it is called when somebody signs up or leaves, and does the same in ChatAPI.
import { Receiver } from '../shop/receiver.mjs';

/** @param {import('../helpdesk/api.mjs').Api} master with the app’s master key */
export const openBackend = (master) =>
  Receiver.open('app’s backend', async ({ type, data }) => {
    const path = `/users/${encodeURIComponent(data.id)}`;
    // Both may be done twice: a call that was not answered comes again.
    if (type === 'user.created')
      await master.call('PUT', path, 200, { displayName: data.name, email: data.email, metadata: { plan: data.plan } });
    if (type === 'user.deleted') await master.delete(path);
  });
