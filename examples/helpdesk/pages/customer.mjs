import { Backend } from './backend.mjs';
import { Conversations } from './conversations.mjs';
import { say } from './elements.mjs';
import { attempt, once, part, reveal, STATES, whenSeen } from './page.mjs';
import { Thread } from './thread.mjs';

const backend = new Backend('customer');
let conversations;
let thread;

/** Agents are called by their names; their ids are ours, see `desk.mjs`. */
const nameOf = (userId) => userId.replace(/^agent:/, '');

async function begin(session) {
  conversations = new Conversations(session, backend, once(update));
  await converse();
}

/** Opens the conversation the customer has, or a new one. */
async function converse() {
  const conversation = conversations.add(await backend.conversation());
  conversation.isOpen = !part('widget').hidden;
  thread = new Thread(conversation, nameOf);
  part('thread').replaceChildren(thread.root);
  await conversation.load();
  update();
  await conversation.receipts.tell();
  await conversations.askPresence().catch(() => undefined); // before the connection is up; then it is asked anyway
}

function update() {
  reveal('start', !conversations);
  if (!conversations) return;
  const { state, presence } = conversations;
  reveal('state', state !== 'up');
  say(part('state'), STATES[state]);
  if (!thread) return;
  const { conversation } = thread;
  thread.update();
  const isThere = [...conversation.members].some(
    (userId) => userId.startsWith('agent:') && presence.get(userId) === 'online',
  );
  say(part('presence'), isThere ? 'We are here' : 'We answer as soon as we are back');
  reveal('closed', conversation.isClosed);
  reveal('unread', !conversation.isOpen && conversation.unread > 0);
  say(part('unread'), String(conversation.unread));
}

function show(isShown) {
  reveal('widget', isShown);
  part('toggle').setAttribute('aria-expanded', String(isShown));
  (isShown ? (thread?.input ?? part('name')) : part('toggle')).focus();
  sessionStorage.setItem('widget', isShown ? 'shown' : '');
  if (!thread) return;
  thread.conversation.isOpen = isShown;
  void thread.conversation.receipts.tell();
  update();
}

part('toggle').addEventListener('click', () => show(part('widget').hidden));
part('close').addEventListener('click', () => show(false));
part('widget').addEventListener('keydown', ({ key }) => key === 'Escape' && show(false));
part('again').addEventListener('click', () => attempt(converse));
part('start').addEventListener('submit', (event) => {
  event.preventDefault();
  void attempt(async () => {
    await begin(await backend.signIn({ name: part('name').value }));
    thread.input.focus();
  });
});
whenSeen(() => thread?.conversation.receipts.tell());

await attempt(async () => {
  const session = await backend.session();
  if (session) await begin(session);
  if (sessionStorage.getItem('widget')) show(true);
});
