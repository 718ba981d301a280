import { Injectable } from '@nestjs/common';
import { MessagesService } from '../../messages/index.js';
import { type ActionContext, actingFor, type ActionKind, type Effect, EXAMPLE_ID } from './action-kind.js';
import type { SendMessageParams } from './params.js';

/** The result is the message; it has a `clientMessageId` in any case, so that nothing can make it twice. */
@Injectable()
export class SendMessageAction implements ActionKind<SendMessageParams> {
  readonly type = 'sendMessage';

  constructor(private readonly messages: MessagesService) {}

  async prepare({ senderId, ...message }: SendMessageParams, { clientId, effectId }: ActionContext): Promise<Effect> {
    await this.messages.expect(clientId);
    const caller = actingFor(clientId, senderId ?? null);
    const said = { ...message, clientMessageId: message.clientMessageId ?? effectId };
    return { apply: async (tx) => (await this.messages.sendIn(tx, caller, said)).message };
  }

  exampleOf({ senderId, ...message }: SendMessageParams): object {
    return { ...message, id: EXAMPLE_ID, seq: 1, offset: 2, senderId: senderId ?? null };
  }
}
