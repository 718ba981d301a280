import { Body, Controller, Delete, Get, HttpStatus, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { isUuid } from '../../platform/database/index.js';
import {
  Answer,
  decodeCursor,
  Endpoint,
  Idempotent,
  IdParam,
  Once,
  type OnceKey,
  OnceStore,
  PageQuery,
  pageOf,
  UserIdParam,
} from '../../platform/http/index.js';
import { Caller, type Principal, RequireScopes } from '../../platform/security/index.js';
import { DevicesService } from './devices.service.js';
import { DeviceView } from './device.view.js';
import { DevicePageView, RegisterDeviceDto } from './dto/device.dto.js';

/** A user's own key manages that user's devices: an app registers its own push token. */
@ApiTags('Users')
@Controller('users/:userId/devices')
export class DevicesController {
  constructor(
    private readonly devices: DevicesService,
    private readonly once: OnceStore,
  ) {}

  @Post()
  @RequireScopes('users:write')
  @Idempotent()
  @Endpoint('Register a device', {
    returns: DeviceView,
    status: HttpStatus.CREATED,
    also: { status: HttpStatus.OK, description: 'The device that has this address already, now of this user' },
    errors: ['validation_failed', 'not_found'],
    description: 'webpush takes a subscription, fcm and apns a token. A user’s own key registers for that user alone.',
    example: { kind: 'fcm', token: 'fGh3kLmN0pQ:APA91bH-example-token' },
  })
  register(
    @Caller() caller: Principal,
    @UserIdParam() userId: string,
    @Body() dto: RegisterDeviceDto,
    @Once() once?: OnceKey,
  ): Promise<Answer<DeviceView>> {
    return this.once.run(once, async (tx) => {
      const { device, added } = await this.devices.register(tx, caller, userId, dto);
      return new Answer(added ? HttpStatus.CREATED : HttpStatus.OK, DeviceView.of(device));
    });
  }

  @Get()
  @RequireScopes('users:read')
  @Endpoint('List the devices of a user', { returns: DevicePageView })
  async list(
    @Caller() caller: Principal,
    @UserIdParam() userId: string,
    @Query() { limit, cursor }: PageQuery,
  ): Promise<DevicePageView> {
    const after = cursor ? String(decodeCursor(cursor, [isUuid])[0]) : null;
    return pageOf(await this.devices.page(caller, userId, limit, after), limit, DeviceView.of, ({ id }) => [id]);
  }

  @Delete()
  @RequireScopes('users:write')
  @Endpoint('Forget all devices of a user', { errors: ['validation_failed'] })
  async removeAll(@Caller() caller: Principal, @UserIdParam() userId: string): Promise<void> {
    await this.devices.removeAll(caller, userId);
  }

  @Delete(':deviceId')
  @RequireScopes('users:write')
  @Endpoint('Forget a device', { errors: ['validation_failed'] })
  async remove(
    @Caller() caller: Principal,
    @UserIdParam() userId: string,
    @IdParam('deviceId') deviceId: string,
  ): Promise<void> {
    await this.devices.remove(caller, userId, deviceId);
  }
}
