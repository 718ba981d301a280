// What follows when somebody signs up, changes their plan, forgets their password or leaves.

const isType = (type) => `payload.type == '${type}'`;
const user = [{ userId: { $: 'payload.data.id' } }];
const mail = (subject, text) => ({ from: 'hello@app.example', subject, text });

/** @param url of the app’s own backend, which keeps ChatAPI’s users like its own */
export const accountRules = (url) => [
  // First, so that who is new has an address to be written to; the payload goes along as it came.
  { type: 'forward', id: 'profile', when: isType('user.created'), params: { url } },
  {
    type: 'sendNotification',
    id: 'welcome',
    when: isType('user.created'),
    params: {
      to: user,
      channels: {
        websocket: { event: 'welcome', title: { $: `join('', ['Welcome, ', payload.data.name])` } },
        email: mail(
          { $: `join('', ['Welcome, ', payload.data.name])` },
          'Good to have you. Here is how to begin: https://app.example/start',
        ),
      },
      tags: ['account'],
    },
  },
  {
    type: 'sendNotification',
    id: 'upgraded',
    when: isType('user.upgraded'),
    params: {
      to: user,
      channels: {
        websocket: { event: 'upgraded', title: { $: `join('', ['You are on the plan ', payload.data.plan, ' now'])` } },
      },
      tags: ['account'],
    },
  },
  {
    type: 'sendNotification',
    id: 'reset',
    when: isType('user.password_reset'),
    params: {
      to: user,
      // Passes preferences and quiet hours; and is worth nothing after an hour.
      category: 'critical',
      channels: { email: mail('Set a new password', { $: `join(' ', ['Within an hour, here:', payload.data.link])` }) },
      expiresAt: { $: 'payload.data.expiresAt' },
      tags: ['account'],
    },
  },
  // Erasing is the backend's decision: it knows what must be kept, and calls `DELETE /users/{userId}`.
  { type: 'forward', id: 'leaving', when: isType('user.deleted'), params: { url } },
];
