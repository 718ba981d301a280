// The story, in four acts. Every step asks the running service, and is checked.
import { randomBytes } from 'node:crypto';
import { Api } from './api.mjs';
import { awayAndBack, conversation } from './conversation.mjs';
import { same } from './check.mjs';
import { confirmOrder } from './order-confirmation.mjs';
import { RawSocket } from './raw-socket.mjs';
import { SocketIo } from './socket-io.mjs';

export async function helpdesk(setting, narrator) {
  const shop = await opening(setting, narrator);
  const room = await conversation(shop, narrator);
  await awayAndBack(shop, room, narrator);
  await confirmOrder(shop, setting.mailUrl, narrator);
  await closing(shop, narrator);
}

/** A client of the installation for the shop, and two of its users: a customer and an agent. */
async function opening({ url, adminKey }, narrator) {
  const run = randomBytes(3).toString('hex');
  const operator = new Api(url, adminKey);

  const { client, masterKey } = await narrator.step('operator: creates a client for the shop', async () => {
    const created = await operator.post('/clients', { name: 'Corner Shop' });
    same('The name of the client', created.client.name, 'Corner Shop');
    return created;
  });
  const master = new Api(url, masterKey);

  const customer = await narrator.step('customer: is logged in by the shop, on raw WebSocket', async () => {
    const user = { userId: `zoe-${run}`, displayName: 'Zoë', email: `zoe-${run}@customer.example` };
    const api = await login(master, user);
    return { user, api, socket: await RawSocket.open('customer', url, api.key) };
  });

  const agent = await narrator.step('agent: is logged in by the shop, on Socket.IO', async () => {
    const user = { userId: `sam-${run}`, displayName: 'Sam of the helpdesk' };
    const api = await login(master, user);
    return { user, api, socket: await SocketIo.open('agent', url, api.key) };
  });

  return { run, operator, client, master, customer, agent };
}

/** A user exists by being named, and gets a key of their own, good for what users do. @returns {Promise<Api>} */
async function login(master, user) {
  const { apiKey } = await master.post('/auth/login', user, { expect: 200 });
  const api = new Api(master.url, apiKey);
  const me = await api.get('/auth/me');
  same('The user of the new key', me.user.userId, user.userId);
  return api;
}

async function closing({ operator, client, customer, agent }, narrator) {
  agent.socket.close();
  await customer.socket.close();
  await narrator.step('operator: removes the shop with everything that is its own', async () => {
    await operator.delete(`/clients/${client.id}`);
    await operator.call('GET', `/clients/${client.id}`, 404);
  });
}
