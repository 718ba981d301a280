import { holds, same } from './check.mjs';
import { RawSocket } from './raw-socket.mjs';
import { RoomFeed } from './room-feed.mjs';

/** A support room is opened, found by an agent, and answered in. @returns the customer's copy of it: `feed` and `events` */
export async function conversation({ master, customer, agent }, narrator) {
  const events = [];
  const room = await narrator.step('customer: opens a support room and asks', async () => {
    const opened = await customer.api.post('/rooms', { type: 'support', name: 'Where is my order?' });
    const feed = new RoomFeed(opened.id, (event) => events.push(event));
    feed.apply(await customer.socket.heard.next('room.created', ({ roomId }) => roomId === opened.id));
    const { message } = await customer.socket.command('message.send', {
      roomId: opened.id,
      content: 'Is it sent yet?',
    });
    same('The number of the first message', message.seq, 1);
    feed.apply(await hears(customer, message));
    same('The last offset after it', feed.last, message.offset);
    return feed;
  });

  await narrator.step('agent: lists all rooms of the shop, and finds it', async () => {
    const { data } = await master.get('/rooms/all?type=support&status=active');
    const found = data.map(({ id, createdBy, lastSeq }) => ({ id, createdBy, lastSeq }));
    same('The support rooms', found, [{ id: room.roomId, createdBy: customer.user.userId, lastSeq: 1 }]);
  });

  await narrator.step('agent: joins it, and reads what was asked', async () => {
    await master.post(`/rooms/${room.roomId}/members`, { userId: agent.user.userId, role: 'admin' });
    const joined = ({ data }) => data.userId === agent.user.userId;
    same('The customer’s copy', room.apply(await customer.socket.heard.next('member.joined', joined)), 'applied');
    const { data } = await agent.api.get(`/messages?roomId=${room.roomId}`);
    same(
      'What the agent reads',
      data.map(({ content }) => content),
      ['Is it sent yet?'],
    );
  });

  await narrator.step('agent: answers; the customer has it live', async () => {
    const answer = await say(agent, room.roomId, 'Nearly! We are packing it right now.');
    same('The customer’s copy', room.apply(await hears(customer, answer)), 'applied');
    same('The number of the answer', answer.seq, 2);
  });
  return { feed: room, events };
}

/** The customer's connection is cut; what is said meanwhile is there, in order, after the next one. */
export async function awayAndBack({ customer, agent }, { feed: room, events }, narrator) {
  const missed = await narrator.step('customer: loses the connection; the agent says two things more', async () => {
    await customer.socket.cut();
    return [
      await say(agent, room.roomId, 'One moment …'),
      await say(agent, room.roomId, 'It leaves the house at five o’clock. 📦'),
    ];
  });
  const heard = customer.socket.heard.pushes.filter(({ data }) => missed.some(({ id }) => id === data.id));
  same('What a cut connection heard', heard, []);

  await narrator.step('customer: connects again, and is told how far the room has come', async () => {
    customer.socket = await RawSocket.open('customer', customer.api.url, customer.api.key);
    const { data } = await customer.socket.heard.next('ready');
    const { head, unreadCount } = data.rooms.find(({ roomId }) => roomId === room.roomId) ?? {};
    same('What the room is ahead of the customer’s copy', head - room.last, 2);
    same('The unread messages', unreadCount, 3);
  });

  await narrator.step('customer: syncs: both, in order, and nothing else', async () => {
    const { recovered, events: missing } = await room.sync(customer.socket);
    holds('the room could be caught up with', recovered);
    same(
      'What was missed',
      missing.map(({ ev, data }) => [ev, data]),
      missed.map((message) => ['message.created', message]),
    );
    same(
      'The offsets of the whole room',
      events.map(({ offset }) => offset),
      [1, 2, 3, 4, 5, 6],
    );
  });

  await narrator.step('customer: has read it all, which the agent sees', async () => {
    const { unreadCount } = await customer.socket.command('receipt.read', { roomId: room.roomId, seq: 4 });
    same('The unread messages', unreadCount, 0);
    const theirs = ({ data }) => data.userId === customer.user.userId;
    const { data } = await agent.socket.heard.next('receipt.updated', theirs);
    same('The last message that the customer has read', data.readSeq, 4);
  });
}

/** Sends over the member's own socket. @returns the message, which is stored by then */
async function say({ socket }, roomId, content) {
  const { message } = await socket.command('message.send', { roomId, content });
  same('The stored message', message.content, content);
  return message;
}

/** @returns the push with which a message arrives live, the same as its sender was told */
async function hears({ socket }, message) {
  const push = await socket.heard.next('message.created', ({ data }) => data.id === message.id);
  same('The message as it arrived', push.data, message);
  return push;
}
