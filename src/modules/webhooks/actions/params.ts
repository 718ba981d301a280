import type { Type } from '@nestjs/common';
import { Allow, ValidateBy } from 'class-validator';
import { JsonObject, OneOf, Url, UserIdField } from '../../../platform/http/index.js';
import { SendMessageDto } from '../../messages/index.js';
import { SendNotificationDto } from '../../notifications/index.js';
import { CreateRoomDto } from '../../rooms/index.js';
import type { ActionType } from './action.js';
import { FORWARD_METHODS, faultOfHeaders } from './forward.rules.js';

/** As the body of `POST /rooms`, and who acts. */
export class CreateRoomParams extends CreateRoomDto {
  @UserIdField({ optional: true })
  readonly createdBy?: string;
}

/** As the body of `POST /messages`, and who says it. */
export class SendMessageParams extends SendMessageDto {
  @UserIdField({ optional: true })
  readonly senderId?: string;
}

const AsHeaders = (): PropertyDecorator =>
  ValidateBy({
    name: 'headers',
    validator: {
      validate: (value: unknown) => faultOfHeaders(value) === null,
      defaultMessage: (args) => faultOfHeaders(args?.value) ?? '',
    },
  });

export class ForwardParams {
  @Url()
  readonly url: string;
  @OneOf(FORWARD_METHODS, { optional: true, default: 'POST' })
  readonly method: (typeof FORWARD_METHODS)[number] = 'POST';
  @AsHeaders()
  @JsonObject({ optional: true })
  readonly headers?: Record<string, unknown>;
  /** Whatever JSON there is; the payload when it is absent. */
  @Allow()
  readonly body?: unknown;
}

/** What the params of each type are, once every expression in them has its value. */
export const PARAMS: Readonly<Record<ActionType, Type<object>>> = {
  createRoom: CreateRoomParams,
  sendMessage: SendMessageParams,
  sendNotification: SendNotificationDto,
  forward: ForwardParams,
};
