import { Injectable } from '@nestjs/common';
import { newId } from '../../platform/database/index.js';
import { DomainError, InvalidInput, NotFound } from '../../platform/errors/index.js';
import { Answer, type OnceKey, OnceStore } from '../../platform/http/index.js';
import { asUser, isMaster, type Principal } from '../../platform/security/index.js';
import { RoomAccess } from '../rooms/index.js';
import type { Draft } from './draft.js';
import type { MessageView } from './dto/message.dto.js';
import { GroupCommit } from './group-commit.js';
import type { Attachment, MessageType } from './message.entity.js';
import { MessageWriter, type Written } from './message-writer.js';
import { contentHashOf } from './messages.rules.js';
import { MessagesRepository, type StoredMessage } from './messages.repository.js';

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

/** Sends and finds messages. REST and both sockets come through here. */
@Injectable()
export class MessagesService {
  constructor(
    private readonly commits: GroupCommit,
    private readonly writer: MessageWriter,
    private readonly messages: MessagesRepository,
    private readonly access: RoomAccess,
    private readonly once: OnceStore,
  ) {}

  /** Stored when this resolves. @throws InvalidInput, UserRequired, NotFound, MayNot, RoomInactive, `idempotency_mismatch` */
  send(caller: Principal, message: NewMessage): Promise<Written> {
    return this.commits.append(draftOf(caller, message));
  }

  /** As {@link send}, and once per `Idempotency-Key`: in a transaction of its own, with the key's row. */
  async sendOnce(caller: Principal, message: NewMessage, once: OnceKey): Promise<Answer<MessageView>> {
    const draft = draftOf(caller, message);
    return this.once.run(once, async (tx) => {
      const [outcome] = await this.writer.writeIn(tx, [draft]);
      if (!outcome || outcome instanceof DomainError) throw outcome;
      return new Answer(outcome.duplicate ? 200 : 201, outcome.message, outcome.duplicate);
    });
  }

  /** @throws NotFound alike for no such message, another client's, and one in a room the caller is not in */
  async get(caller: Principal, id: string): Promise<StoredMessage> {
    const message = await this.messages.find(caller.clientId, id);
    if (!message || !(await this.access.maySee(caller, message.roomId))) throw new NotFound();
    return message;
  }
}

function draftOf(caller: Principal, message: NewMessage): Draft {
  const isSystem = message.type === 'system';
  if (isSystem && !isMaster(caller)) throw new DomainError('forbidden', 'forbidden', 'System messages are sent with a master key.');
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
  return { ...said, contentHash: said.clientMessageId === null ? null : contentHashOf(said) };
}
