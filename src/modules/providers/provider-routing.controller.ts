import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { Endpoint } from '../../platform/http/index.js';
import { Caller, type Principal, RequireScopes } from '../../platform/security/index.js';
import { RoutingDto, routingFrom } from './dto/routing.dto.js';
import { RoutingView } from './provider-routing.view.js';
import { ProviderRoutingService } from './provider-routing.service.js';

@ApiTags('Providers')
@Controller('providers/routing')
export class ProviderRoutingController {
  constructor(private readonly routing: ProviderRoutingService) {}

  @Get()
  @RequireScopes('providers:read')
  @Endpoint('Show how providers are chosen', { returns: RoutingView })
  show(@Caller() { clientId }: Principal): Promise<RoutingView> {
    return this.routing.get(clientId);
  }

  @Put()
  @RequireScopes('providers:write')
  @ApiBody({ type: RoutingDto })
  @Endpoint('Set how providers are chosen', {
    returns: RoutingView,
    description: 'By channel, those of plugins too. Channels that are not in it go back to the defaults.',
  })
  set(@Caller() { clientId }: Principal, @Body() body: object): Promise<RoutingView> {
    return this.routing.set(clientId, routingFrom(body));
  }
}
