import { Body, Controller, Get, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CountedAs, Endpoint, IdParam } from '../../platform/http/index.js';
import { Caller, type Principal, RequireScopes } from '../../platform/security/index.js';
import { TestProviderDto } from './dto/provider.dto.js';
import { ProviderHealthService } from './provider-health.service.js';
import { ProviderHealthView, TestedView } from './provider-health.view.js';
import { ProviderTestService } from './provider-test.service.js';

@ApiTags('Providers')
@Controller('providers/:id')
export class ProviderHealthController {
  constructor(
    private readonly health: ProviderHealthService,
    private readonly tests: ProviderTestService,
  ) {}

  @Get('health')
  @RequireScopes('providers:read')
  @Endpoint('Show how a provider does', {
    returns: ProviderHealthView,
    description: 'Over all processes, at most two seconds behind.',
  })
  async show(@Caller() { clientId }: Principal, @IdParam('id') id: string): Promise<ProviderHealthView> {
    return ProviderHealthView.of(await this.health.of(clientId, id));
  }

  @Post('test')
  @CountedAs('trial')
  @RequireScopes('providers:write')
  @Endpoint('Send a test message through a provider', {
    returns: TestedView,
    errors: ['conflict', 'quota_exceeded'],
    description:
      'Sends one real message through this provider alone, whether it is enabled or not. It counts against its limits; when it goes well, an open breaker closes.',
  })
  async test(
    @Caller() { clientId }: Principal,
    @IdParam('id') id: string,
    @Body() { to }: TestProviderDto,
  ): Promise<TestedView> {
    return TestedView.of(await this.tests.test(clientId, id, to));
  }
}
