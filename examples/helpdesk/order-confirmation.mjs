import { setTimeout as pause } from 'node:timers/promises';
import { Broken, holds, same, sameBytes } from './check.mjs';
import { mailWithSubject } from './mailbox.mjs';
import { orderConfirmation } from './order.mjs';

const PATIENCE_MS = 15_000;
const POLL_MS = 50;

/** One call, two channels; then the mail is read back, and what became of it is told. */
export async function confirmOrder({ run, master, customer }, mailUrl, narrator) {
  const content = orderConfirmation(`SO-${run.toUpperCase()}`);
  const body = { to: { userId: customer.user.userId }, channels: content, tags: ['order'] };

  const { id, deliveries } = await narrator.step(
    'shop: confirms the order by websocket and email at once',
    async () => {
      // Safe to repeat: the same key and body give the same answer and send nothing again.
      const safely = { expect: 202, headers: { 'Idempotency-Key': `order-${run}` } };
      const accepted = await master.post('/notifications/send', body, safely);
      same('The channels', accepted.deliveries.map(({ channel }) => channel).sort(), ['email', 'websocket']);
      same('The same call again', await master.post('/notifications/send', body, safely), accepted);
      return accepted;
    },
  );
  const deliveryOf = (channel) => deliveries.find((delivery) => delivery.channel === channel);

  await narrator.step('customer: has it on screen', async () => {
    const { data } = await customer.socket.heard.next('notification.created');
    const { event, title, body: text, data: own } = content.websocket;
    same('The notification', [data.notificationId, data.title, data.body], [id, title, text]);
    same('Its id, which is the delivery’s', data.id, deliveryOf('websocket').id);
    same('Its data', data.data, { ...own, event });
  });

  await narrator.step('customer: has the mail, to the byte', async () => {
    await assertMail(mailUrl, { ...content.email, to: customer.user.email, deliveryId: deliveryOf('email').id });
  });

  await narrator.step('shop: sees both arrive', async () => {
    const { counts, deliveries: ends } = await completed(master, id);
    same('The counts', counts, { total: 2, open: 0, failed: 0, skipped: 0 });
    const statuses = Object.fromEntries(ends.map(({ channel, status }) => [channel, status]));
    same('The statuses', statuses, { websocket: 'delivered', email: 'sent' });
  });

  const timeline = await narrator.step('shop: reads the timeline', async () => {
    const { data } = await master.get(`/notifications/${id}/events`);
    same('Its first entry', data.at(0)?.type, 'accepted');
    same('Its last entry', [data.at(-1)?.type, data.at(-1)?.status], ['completed', 'completed']);
    const attempts = data.filter(({ type }) => type === 'attempt');
    same('The attempts', attempts.map(({ channel, attempt }) => `${channel} ${attempt}`).sort(), [
      'email 1',
      'websocket 1',
    ]);
    const inTime = attempts.every(({ at }) => data.at(0).at <= at && at <= data.at(-1).at);
    holds('every attempt came after the acceptance and before the completion', inTime);
    return data;
  });
  timeline.forEach((entry) => narrator.detail(timelineLine(entry)));
}

/** What the mail catcher took, against what the shop sent. */
async function assertMail(mailUrl, { subject, text, html, from, replyTo, to, headers, deliveryId }) {
  const { raw, mail } = await mailWithSubject(mailUrl, subject);
  sameBytes('The subject', mail.subject, subject);
  sameBytes('The text', mail.text, text);
  sameBytes('The HTML', mail.html, html);
  same('From', mail.from.value, [{ address: from, name: '' }]);
  same('To', mail.to.value, [{ address: to, name: 'Zoë' }]);
  same('Reply-To', mail.replyTo.value, [{ address: replyTo, name: '' }]);
  for (const [name, value] of Object.entries(headers)) same(name, mail.headers.get(name.toLowerCase()), value);
  // The delivery's own id: a mail server or a reader that gets it twice can tell.
  same('Message-ID', mail.messageId.split('@')[0], `<${deliveryId}`);
  const lines = raw.toString('latin1').split('\r\n');
  holds(
    'each line of the mail has 998 bytes at most (RFC 5322 2.1.1)',
    lines.every(({ length }) => length <= 998),
  );
}

async function completed(master, id) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const notification = await master.get(`/notifications/${id}`);
    const shown = notification.deliveries.some(({ status }) => status === 'delivered');
    if (notification.status === 'completed' && shown) return notification;
    if (Date.now() > deadline) throw new Broken(`It is still ${notification.status} after ${PATIENCE_MS / 1_000} s.`);
    await pause(POLL_MS);
  }
}

function timelineLine({ at, type, channel = '', attempt, status, durationMs, detail }) {
  const took = durationMs === undefined ? '' : ` in ${durationMs} ms`;
  const nth = attempt === undefined ? '' : ` ${attempt}`;
  return `${at}  ${`${type}${nth}`.padEnd(10)} ${channel.padEnd(9)} ${status}${took}${detail ? ` (${detail})` : ''}`;
}
