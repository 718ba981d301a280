import { expect, it } from '@jest/globals';
import { contentsOf, COUNTED_MAX, type News } from './content.rules.js';

const news = (more: Partial<News> = {}): News => ({
  ...{ room: 'Team', sender: 'Ann', content: 'Hello', contentType: 'text', attachments: null, unreadCount: 1 },
  ...more,
});

it.each<[string, Partial<News>, subject: string, first: string]>([
  ['one message', {}, 'An unread message in Team', 'Ann: Hello'],
  ['several', { unreadCount: 3 }, '3 unread messages in Team', 'Ann: Hello'],
  ['more than are counted', { unreadCount: COUNTED_MAX }, '99+ unread messages in Team', 'Ann: Hello'],
  ['one in a room without a name', { room: null }, 'An unread message from Ann', 'Ann: Hello'],
  ['several there', { room: null, unreadCount: 2 }, '2 unread messages, the last from Ann', 'Ann: Hello'],
  [
    'lines and headers',
    { room: 'A\r\nBcc: x', content: ' a\n\n\tb\u2028c ' },
    'An unread message in A Bcc: x',
    'Ann: a b c',
  ],
  ['long content', { content: '👋'.repeat(300) }, 'An unread message in Team', `Ann: ${'👋'.repeat(199)}…`],
  ['long names', { room: 'x'.repeat(200) }, `An unread message in ${'x'.repeat(79)}…`, 'Ann: Hello'],
  ['markdown', { contentType: 'text/markdown', content: '**Hi**' }, 'An unread message in Team', 'Ann: **Hi**'],
  [
    'content for programs',
    { contentType: 'application/json', content: '{}' },
    'An unread message in Team',
    'Ann: a message',
  ],
  [
    'attachments alone',
    { content: null, attachments: [{ name: 'a.pdf' }, { name: 'b.png' }] },
    'An unread message in Team',
    'Ann: a.pdf, b.png',
  ],
])('%s', (_what, more, subject, first) => {
  expect(contentsOf(news(more))).toEqual({
    push: { title: subject, body: first },
    email: { subject, text: `${first}\n\n${subject}\n` },
    sms: { text: first },
  });
});
