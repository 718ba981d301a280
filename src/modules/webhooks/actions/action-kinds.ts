import { Injectable } from '@nestjs/common';
import type { ActionType } from './action.js';
import type { ActionKind } from './action-kind.js';
import { CreateRoomAction } from './create-room.action.js';
import { ForwardAction } from './forward.action.js';
import { SendMessageAction } from './send-message.action.js';
import { SendNotificationAction } from './send-notification.action.js';

/** How each type of action is done. */
@Injectable()
export class ActionKinds {
  private readonly kinds: Readonly<Record<ActionType, ActionKind<object>>>;

  constructor(
    createRoom: CreateRoomAction,
    sendMessage: SendMessageAction,
    sendNotification: SendNotificationAction,
    forward: ForwardAction,
  ) {
    this.kinds = { createRoom, sendMessage, sendNotification, forward };
  }

  of(type: ActionType): ActionKind<object> {
    return this.kinds[type];
  }
}
