import { arrange, element, say } from './elements.mjs';

const MAX_CHARACTERS = 20_000;
const NEAR_THE_END_PX = 80;

/** The messages of one conversation and the box to write in. */
export class Thread {
  items = new Map();

  /** @param nameOf how a user is called here */
  constructor(conversation, nameOf) {
    Object.assign(this, { conversation, nameOf });
    this.earlier = element(
      'button',
      { type: 'button', class: 'quiet', onclick: () => this.#loadEarlier() },
      'Earlier messages',
    );
    this.list = element('ol', { role: 'log', 'aria-label': 'Messages', tabindex: '0' });
    this.typing = element('p', { class: 'typing', 'aria-live': 'polite' });
    this.input = element('textarea', {
      id: 'message',
      rows: '2',
      maxlength: MAX_CHARACTERS,
      placeholder: 'Write a message',
      onkeydown: (event) => this.#onKey(event),
      oninput: () => conversation.type(this.input.value),
    });
    this.form = element(
      'form',
      { class: 'composer', onsubmit: (event) => this.#submit(event) },
      element('label', { for: 'message', class: 'unseen' }, 'Message'),
      this.input,
      element('button', {}, 'Send'),
    );
    this.root = element('div', { class: 'thread' }, this.earlier, this.list, this.typing, this.form);
  }

  /** Shows the conversation as it is now. */
  update() {
    const { inOrder, outbox, typing, isClosed, hasEarlier } = this.conversation;
    const isAtEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < NEAR_THE_END_PX;
    const lastOwn = inOrder.findLast((one) => this.#isOwn(one));
    const stored = inOrder.map((one) => this.#stored(one, one === lastOwn));
    arrange(this.list, [...stored, ...outbox.pending.map((one) => this.#pending(one))]);
    if (isAtEnd) this.list.scrollTop = this.list.scrollHeight;
    say(this.typing, [...typing].map((userId) => `${this.nameOf(userId)} is typing …`).join(' '));
    this.earlier.hidden = !hasEarlier;
    this.form.hidden = isClosed;
  }

  #isOwn({ senderId }) {
    return senderId === this.conversation.me;
  }

  #stored(message, isLastOwn) {
    const isOwn = this.#isOwn(message);
    // The one that was pending until now stays where it is.
    const item = this.#item((isOwn && message.clientMessageId) || message.id, isOwn);
    this.#write(item, {
      who: isOwn ? 'You' : this.nameOf(message.senderId),
      text: message.deletedAt ? 'This message was deleted.' : (message.content ?? ''),
      time: message.createdAt,
      state: [message.editedAt && 'edited', isLastOwn && this.conversation.receipts.stateOf(message)]
        .filter(Boolean)
        .join(' · '),
      look: message.deletedAt ? 'deleted' : 'stored',
    });
    return item.root;
  }

  #pending({ clientMessageId, content, refused }) {
    const item = this.#item(clientMessageId, true);
    const state = refused ? `Not sent: ${refused}` : 'Sending …';
    this.#write(item, { who: 'You', text: content, time: '', state, look: refused ? 'refused' : 'pending' });
    item.retry.onclick = () => this.conversation.outbox.retry(clientMessageId);
    return item.root;
  }

  #item(key, isOwn) {
    if (this.items.has(key)) return this.items.get(key);
    const parts = {
      who: element('span', { class: 'who' }),
      text: element('p', { class: 'text', dir: 'auto' }),
      time: element('time'),
      state: element('span', { class: 'state' }),
      retry: element('button', { type: 'button', class: 'quiet' }, 'Try again'),
    };
    const foot = element('div', { class: 'foot' }, parts.time, parts.state, parts.retry);
    const item = { ...parts, root: element('li', { class: isOwn ? 'own' : 'theirs' }, parts.who, parts.text, foot) };
    this.items.set(key, item);
    return item;
  }

  #write(item, { who, text, time, state, look }) {
    item.root.dataset.look = look;
    say(item.who, who);
    say(item.text, text);
    say(item.state, state);
    say(item.time, time && new Date(time).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }));
    item.time.dateTime = time;
    item.retry.hidden = look !== 'refused';
  }

  /** Enter sends, Shift and Enter begins a new line; not in the middle of composing a character. */
  #onKey(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  #submit(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (text === '') return;
    this.input.value = '';
    this.conversation.say(text);
    this.list.scrollTop = this.list.scrollHeight;
  }

  /** What was in sight stays in sight. */
  async #loadEarlier() {
    const fromEnd = this.list.scrollHeight - this.list.scrollTop;
    await this.conversation.loadEarlier().catch(() => undefined);
    this.list.scrollTop = this.list.scrollHeight - fromEnd;
  }
}
