// The story: an order is paid, and everything else follows from the payment provider's one call. Every step is checked.
import { randomBytes } from 'node:crypto';
import { Api } from '../helpdesk/api.mjs';
import { holds, same } from '../helpdesk/check.mjs';
import { mailWithSubject } from '../helpdesk/mailbox.mjs';
import { RawSocket } from '../helpdesk/raw-socket.mjs';
import { until } from '../helpdesk/until.mjs';
import { orderPaid, post } from './payments.mjs';
import { Receiver } from './receiver.mjs';
import { whenPaid } from './rules.mjs';

const TOLD = ['room.created', 'message.created', 'notification.completed'];

export async function shop({ url, adminKey, mailUrl }, narrator) {
  const operator = new Api(url, adminKey);
  const run = randomBytes(3).toString('hex');
  const { client, masterKey } = await narrator.step('operator: creates a client for the shop', () =>
    operator.post('/clients', { name: 'Corner Shop' }),
  );
  const master = new Api(url, masterKey);
  const receiver = await Receiver.open('shop’s endpoint');
  try {
    const customer = await aCustomer(master, run, narrator);
    await anEndpoint(master, receiver, narrator);
    const source = await aSource(master, run, narrator);
    const event = orderPaid({
      eventId: `evt_${run}`,
      order: `SO-${run.toUpperCase()}`,
      customer: customer.user,
      cents: 2490,
    });
    await dryRun(master, source, event, narrator);
    const eventId = await payment(source, event, narrator);
    await whatFollows({ master, mailUrl, receiver, customer, event, eventId }, narrator);
    await customer.socket.close();
  } finally {
    await receiver.close();
    await narrator.step('operator: removes the shop with everything that is its own', () =>
      operator.delete(`/clients/${client.id}`),
    );
  }
}

async function aCustomer(master, run, narrator) {
  await narrator.step('shop: has pushes go through a provider, here a simulated one', () =>
    master.post('/providers', { kind: 'simulator', name: 'Phones', settings: { channel: 'push' } }),
  );
  return narrator.step('customer: is logged in by the shop, on WebSocket', async () => {
    const user = { userId: `zoe-${run}`, displayName: 'Zoë', email: `zoe-${run}@customer.example` };
    await master.post('/auth/login', { userId: 'shop', displayName: 'Corner Shop' }, { expect: 200 });
    const { apiKey } = await master.post('/auth/login', user, { expect: 200 });
    await master.post(`/users/${user.userId}/devices`, { kind: 'fcm', token: `phone-of-${user.userId}` });
    return { user, api: new Api(master.url, apiKey), socket: await RawSocket.open('customer', master.url, apiKey) };
  });
}

/** Where the shop hears of what happens in ChatAPI. */
async function anEndpoint(master, receiver, narrator) {
  await narrator.step('shop: has its own endpoint told of rooms, messages and notifications', async () => {
    const { secret } = await master.post('/webhooks/endpoints', { url: receiver.url, eventTypes: TOLD });
    receiver.trust(secret); // shown this once
  });
}

/** Where the payment provider calls. */
async function aSource(master, run, narrator) {
  return narrator.step('shop: registers an address for the payment provider, and what follows a payment', async () => {
    const secret = `whsec_${randomBytes(16).toString('hex')}`; // Stripe shows it beside the address in its dashboard
    const { id, url } = await master.post('/webhooks/sources', {
      event: 'order.paid',
      verification: { scheme: 'stripe', secret },
      actions: whenPaid,
    });
    return { id, url, secret };
  });
}

async function dryRun(master, { id }, payload, narrator) {
  await narrator.step('shop: tries the rules on an example, without doing anything', async () => {
    const { actions } = await master.post(`/webhooks/sources/${id}/test`, { payload }, { expect: 200 });
    same(
      'The actions that would run',
      actions.map(({ id: action, wouldRun }) => [action, wouldRun]),
      [
        ['room', true],
        ['greeting', true],
        ['confirmation', true],
      ],
    );
    same('The name of the room', actions[0].params.name, `Order ${payload.data.object.metadata.order}`);
  });
}

/** @returns the id of the event */
async function payment({ url, secret }, event, narrator) {
  await narrator.step('anybody: says that an order is paid, and is not believed', async () => {
    same('The answer', (await post(url, event, 'whsec_of_somebody_else')).status, 401);
  });
  const taken = await narrator.step('payment provider: says that the order is paid', async () => {
    const { status, body } = await post(url, event, secret);
    same('The answer', [status, body.status], [200, 'accepted']);
    return body;
  });
  await narrator.step('payment provider: says it again, which changes nothing', async () => {
    const { status, body } = await post(url, event, secret);
    same('The answer', [status, body], [200, { id: taken.id, status: 'duplicate' }]);
  });
  return taken.id;
}

async function whatFollows({ master, mailUrl, receiver, customer, event, eventId }, narrator) {
  const { order } = event.data.object.metadata;
  const subject = `Order ${order} is paid`;
  const roomId = await narrator.step('customer: is told on screen, and is in a support room', async () => {
    const { data } = await customer.socket.heard.next(
      'notification.created',
      ({ data: { title } }) => title === subject,
    );
    const { data: rooms } = await customer.api.get('/rooms');
    same(
      'The rooms',
      rooms.map(({ id, name, type }) => [id, name, type]),
      [[data.data.roomId, `Order ${order}`, 'support']],
    );
    return data.data.roomId;
  });
  await narrator.step('customer: reads the shop’s message there', async () => {
    const { data: messages } = await customer.api.get(`/messages?roomId=${roomId}`);
    same(
      'The messages',
      messages.map(({ senderId, content }) => [senderId, content]),
      [['shop', `Thank you! Order ${order} is paid; ask us anything about it here.`]],
    );
  });
  await narrator.step('customer: has the confirmation by mail, once', async () => {
    const { mail } = await mailWithSubject(mailUrl, subject);
    same('To', mail.to.value, [{ address: customer.user.email, name: 'Zoë' }]);
    holds('the mail names the amount', mail.text.includes('2490 EUR cents'));
  });
  await narrator.step('shop: hears of each at its own endpoint, signed', async () => {
    const events = await Promise.all(TOLD.map((type) => receiver.heard.next(type)));
    const [room, message] = events;
    same('The room', [room.data.id, message.roomId], [roomId, roomId]);
    holds('nothing came that was not signed', receiver.refused === 0);
    for (const { type, id, sequence } of events) narrator.detail(`${type.padEnd(24)} ${id} ${sequence ?? ''}`);
  });
  await narrator.step('shop: sees what became of the event', async () => {
    const { actions } = await until('The event has not been seen through', async () => {
      const seen = await master.get(`/webhooks/events/${eventId}`);
      return seen.status === 'completed' && seen;
    });
    same(
      'The actions',
      actions.map(({ status }) => status),
      ['done', 'done', 'done'],
    );
    const { deliveries } = await master.get(`/notifications/${actions[2].result.id}`);
    const arrived = deliveries.filter(({ status }) => status === 'sent' || status === 'delivered');
    same('Where the confirmation went', arrived.map(({ channel }) => channel).sort(), ['email', 'push', 'websocket']);
  });
}
