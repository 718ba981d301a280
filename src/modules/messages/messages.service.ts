import { Injectable } from '@nestjs/common';
import { type ClientId, GroupCommit, newId, type Tx } from '../../platform/database/index.js';
import { DomainError, InvalidInput, NotFound } from '../../platform/errors/index.js';
import { Answer, type OnceKey, OnceStore } from '../../platform/http/index.js';
import { inSpan, Metrics } from '../../platform/observability/index.js';
import { currentHops } from '../../platform/outbox/index.js';
import { asUser, isMaster, type Principal } from '../../platform/security/index.js';
import { RoomAccess } from '../rooms/index.js';
import type { Draft } from './draft.js';
import type { MessageView } from './message.view.js';
import type { Attachment, MessageType } from './message.entity.js';
import { MessageWriter, type Outcome, type Written } from './message-writer.js';
import { contentHashOf } from './messages.rules.js';
import { MessagesRepository } from './messages.repository.js';
import { wordsVector } from './search.rules.js';
import type { StoredMessage } from './stored-message.js';

export interface NewMessage {
  readonly roomId: string;
  readonly type: MessageType;
  readonly content?: string;
  readonly contentType: string;
  readonly attachments?: readonly Attachment[];
  readonly replyTo?: string;
  readonly mentions?: readonly string[];
  readonly metadata?: Record<string, unknown>;
  readonly clientMessageId?: string;
}

/** Two lanes keep PostgreSQL busy while a commit is in the air; 10,000 waiting are about a second of sends. */
const COMMITS = { lanes: 2, maxBatch: 250, maxWaiting: 10_000 } as const;

/** Sends and finds messages. REST and both sockets come through here. */
@Injectable()
export class MessagesService {
  private readonly commits: GroupCommit<Draft, Outcome>;

  constructor(
    private readonly writer: MessageWriter,
    private readonly messages: MessagesRepository,
    private readonly access: RoomAccess,
    private readonly once: OnceStore,
    metrics: Metrics,
  ) {
    const sizes = metrics.histogram(
      'message_commit_size',
      'Messages stored in one transaction',
      [1, 2, 5, 10, 25, 50, 100, 250],
    );
    this.commits = new GroupCommit({
      write: (drafts) => this.writer.write(drafts),
      laneOf: ({ roomId }) => parseInt(roomId.slice(-4), 16), // the last digits of a UUIDv7 are random
      onBatch: (size) => sizes.observe(size),
      ...COMMITS,
    });
  }

  /** Stored when this resolves. @throws InvalidInput, UserRequired, NotFound, MayNot, RoomInactive, QuotaExceeded, `idempotency_mismatch` */
  async send(caller: Principal, message: NewMessage): Promise<Written> {
    return accepted(await inSpan('store message', 'internal', {}, () => this.commits.append(draftOf(caller, message))));
  }

  /** As {@link send}, and once per `Idempotency-Key`: in a transaction of its own, with the key's row. */
  async sendOnce(caller: Principal, message: NewMessage, once: OnceKey): Promise<Answer<MessageView>> {
    await this.expect(caller.clientId);
    return this.once.run(once, async (tx) => {
      const { message: sent, duplicate } = await this.sendIn(tx, caller, message);
      return new Answer(duplicate ? 200 : 201, sent, duplicate);
    });
  }

  /** Before a transaction in which {@link sendIn} is to send for the client. */
  expect(clientId: ClientId): Promise<void> {
    return this.writer.expect([clientId]);
  }

  /** As {@link send}, in the caller's transaction. */
  async sendIn(tx: Tx, caller: Principal, message: NewMessage): Promise<Written> {
    const [outcome = new NotFound()] = await this.writer.writeIn(tx, [draftOf(caller, message)]);
    return accepted(outcome);
  }

  /** @throws NotFound alike for no such message, another client's, and one in a room the caller is not in */
  async get(caller: Principal, id: string): Promise<StoredMessage> {
    const message = await this.messages.find(caller.clientId, id);
    if (!message || !(await this.access.maySee(caller, message.roomId))) throw new NotFound();
    return message;
  }
}

function accepted(outcome: Outcome): Written {
  if (outcome instanceof DomainError) throw outcome;
  return outcome;
}

function draftOf(caller: Principal, message: NewMessage): Draft {
  const isSystem = message.type === 'system';
  if (isSystem && !isMaster(caller))
    throw new DomainError('forbidden', 'forbidden', 'System messages are sent with a master key.');
  if (message.content === undefined && !message.attachments?.length) {
    throw InvalidInput.at('/content', 'required', 'content is required unless there are attachments');
  }
  const said = {
    clientId: caller.clientId,
    id: newId(),
    roomId: message.roomId,
    senderId: isSystem ? null : asUser(caller).userId,
    byMaster: isMaster(caller),
    type: message.type,
    content: message.content ?? null,
    contentType: message.contentType,
    attachments: message.attachments ?? null,
    replyTo: message.replyTo ?? null,
    mentions: message.mentions ?? null,
    metadata: message.metadata ?? null,
    clientMessageId: message.clientMessageId ?? null,
  };
  return {
    ...said,
    contentHash: said.clientMessageId === null ? null : contentHashOf(said),
    search: wordsVector(said.content, { clientId: said.clientId, id: said.roomId }),
    hops: currentHops(),
  };
}
