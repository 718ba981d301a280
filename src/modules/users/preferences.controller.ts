import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Endpoint, UserIdParam } from '../../platform/http/index.js';
import { Caller, type Principal, RequireScopes } from '../../platform/security/index.js';
import { PreferencesDto, PreferencesView } from './dto/preferences.dto.js';
import { PreferencesService } from './preferences.service.js';

/** A user's own key reads and sets that user's preferences. */
@ApiTags('Users')
@Controller('users/:userId/preferences')
export class PreferencesController {
  constructor(private readonly preferences: PreferencesService) {}

  @Get()
  @RequireScopes('users:read')
  @Endpoint('Show what a user wants to get', { returns: PreferencesView, errors: ['validation_failed'] })
  async show(@Caller() caller: Principal, @UserIdParam() userId: string): Promise<PreferencesView> {
    return PreferencesView.of(await this.preferences.get(caller, userId));
  }

  @Put()
  @RequireScopes('users:write')
  @Endpoint('Set what a user wants to get', {
    returns: PreferencesView,
    description:
      'In place of what was set before. Quiet hours bind email, push and SMS of marketing and transactional, never critical.',
  })
  async put(
    @Caller() caller: Principal,
    @UserIdParam() userId: string,
    @Body() dto: PreferencesDto,
  ): Promise<PreferencesView> {
    return PreferencesView.of(await this.preferences.put(caller, userId, dto));
  }
}
