import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Endpoint } from '../../platform/http/index.js';
import { Caller, type Principal, RequireScopes } from '../../platform/security/index.js';
import { Quotas } from './quotas.js';
import { UsageView } from './usage.view.js';

@ApiTags('Analytics')
@Controller('analytics/usage')
export class UsageController {
  constructor(private readonly quotas: Quotas) {}

  @Get()
  @RequireScopes('analytics:read')
  @Endpoint('Show what is used of each quota', {
    returns: UsageView,
    description:
      'Messages and notifications, and deliveries by channel, of this hour and this day of UTC, each with its limit. Tests (`test: true`) use none.',
  })
  async show(@Caller() { clientId }: Principal): Promise<UsageView> {
    return UsageView.of(await this.quotas.usage(clientId));
  }
}
