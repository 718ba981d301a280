import { Backend } from './backend.mjs';
import { Conversations } from './conversations.mjs';
import { arrange, element, say } from './elements.mjs';
import { attempt, once, part, reveal, STATES, whenSeen } from './page.mjs';
import { Thread } from './thread.mjs';

const backend = new Backend('agent');
const rows = new Map();
let conversations;
let thread;

/** A conversation has the name of its customer; other agents are called by theirs, see `desk.mjs`. */
const nameOf = (userId) =>
  userId.startsWith('agent:') ? userId.slice('agent:'.length) : thread.conversation.room.name;

function begin(session) {
  say(part('me'), session.name);
  reveal('start', false);
  reveal('work', true);
  conversations = new Conversations(session, backend, once(update));
}

async function open(conversation) {
  leave();
  conversation.isOpen = true;
  thread = new Thread(conversation, nameOf);
  part('thread').replaceChildren(thread.root);
  update();
  part('customer').focus();
  await conversation.load();
  await conversation.receipts.tell();
}

function leave() {
  if (thread) thread.conversation.isOpen = false;
  thread = undefined;
  update();
}

function update() {
  if (!conversations) return;
  reveal('state', conversations.state !== 'up');
  say(part('state'), STATES[conversations.state]);
  updateList();
  reveal('conversation', thread !== undefined);
  part('work').dataset.view = thread ? 'conversation' : 'list'; // a phone has room for one of them
  if (!thread) return;
  const { conversation } = thread;
  thread.update();
  say(part('customer'), conversation.room.name);
  say(part('presence'), presenceOf(conversation));
  reveal('end', !conversation.isClosed);
  reveal('closed', conversation.isClosed);
}

/** Those who wrote last come first; a closed one stays while it is looked at. */
function updateList() {
  const shown = [...conversations.all.values()]
    .filter((one) => one.room.type === 'support' && (!one.isClosed || one === thread?.conversation))
    .sort((a, b) => lastAt(b).localeCompare(lastAt(a)));
  arrange(part('list'), shown.map(row));
  reveal('none', shown.length === 0);
  const waiting = shown.filter(({ unread }) => unread > 0).length;
  document.title = waiting > 0 ? `(${waiting}) Helpdesk` : 'Helpdesk';
}

const lastAt = ({ room }) => room.lastMessageAt ?? room.createdAt;
const presenceOf = ({ room }) => conversations.presence.get(room.createdBy) ?? 'offline';

function row(conversation) {
  const { id, room, unread, last } = conversation;
  if (!rows.has(id)) rows.set(id, newRow(conversation));
  const { root, button, name, snippet, badge } = rows.get(id);
  say(name, room.name);
  name.dataset.presence = presenceOf(conversation);
  name.title = presenceOf(conversation);
  say(snippet, last?.content ?? 'Nothing said yet');
  say(badge, unread > 0 ? String(unread) : '');
  badge.hidden = unread === 0;
  button.setAttribute('aria-label', `${room.name}, ${presenceOf(conversation)}, ${unread} unread`);
  button.setAttribute('aria-current', String(thread?.conversation === conversation));
  return root;
}

function newRow(conversation) {
  const parts = {
    name: element('span', { class: 'name' }),
    snippet: element('span', { class: 'snippet', dir: 'auto' }),
    badge: element('span', { class: 'badge' }),
  };
  const onclick = () => attempt(() => open(conversation));
  const button = element('button', { type: 'button', onclick }, parts.name, parts.badge, parts.snippet);
  return { ...parts, button, root: element('li', {}, button) };
}

part('back').addEventListener('click', leave);
part('end').addEventListener('click', () => attempt(() => backend.post(`/rooms/${thread.conversation.id}/deactivate`)));
part('start').addEventListener('submit', (event) => {
  event.preventDefault();
  const who = { name: part('name').value, password: part('password').value };
  void attempt(async () => begin(await backend.signIn(who)));
});
whenSeen(() => thread?.conversation.receipts.tell());

await attempt(async () => {
  const session = await backend.session();
  if (session) begin(session);
  else reveal('start', true);
});
