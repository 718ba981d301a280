import { Body, Controller, HttpStatus, Post } from '@nestjs/common';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import {
  Answer,
  CountedAs,
  Endpoint,
  Idempotent,
  IdParam,
  Once,
  type OnceKey,
  OnceStore,
} from '../../platform/http/index.js';
import { Caller, type Principal, RequireScopes } from '../../platform/security/index.js';
import { RotateSecretDto, TestEndpointDto } from './dto/endpoint.dto.js';
import { RotatedSecretView } from './endpoint.view.js';
import { EndpointTestService } from './endpoint-test.service.js';
import { EndpointsService } from './endpoints.service.js';

class EndpointTestedView {
  @ApiProperty({
    ...{ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' },
    description: 'The `webhook-id`: the attempts say what came of it',
  })
  readonly id: string;
}

const ONCE = ['idempotency_in_progress', 'idempotency_mismatch'] as const;

@ApiTags('Webhooks')
@Controller('webhooks/endpoints/:id')
export class EndpointActionsController {
  constructor(
    private readonly endpoints: EndpointsService,
    private readonly tests: EndpointTestService,
    private readonly once: OnceStore,
  ) {}

  @Post('rotate-secret')
  @RequireScopes('webhooks:write')
  @Idempotent()
  @Endpoint('Replace the secret of an endpoint', {
    returns: RotatedSecretView,
    status: HttpStatus.OK,
    errors: [...ONCE],
    description: 'While the older ones stay good, calls have a signature by each. At most three count at a time.',
  })
  rotate(
    @Caller() { clientId }: Principal,
    @IdParam('id') id: string,
    @Body() { overlapSeconds }: RotateSecretDto,
    @Once() once?: OnceKey,
  ): Promise<Answer<RotatedSecretView>> {
    const rotated = async (secret: Promise<string>) => new Answer(HttpStatus.OK, { secret: await secret });
    return this.once.run(once, (tx) => rotated(this.endpoints.rotate(tx, clientId, id, overlapSeconds)), {
      sealed: true,
    });
  }

  @Post('test')
  @CountedAs('trial')
  @RequireScopes('webhooks:write')
  @Idempotent()
  @Endpoint('Send an endpoint an example', {
    returns: EndpointTestedView,
    status: HttpStatus.ACCEPTED,
    errors: [...ONCE],
    description: 'Signed like every call, and made once, whatever types it names and also while it is disabled.',
  })
  test(
    @Caller() { clientId }: Principal,
    @IdParam('id') id: string,
    @Body() { eventType }: TestEndpointDto,
    @Once() once?: OnceKey,
  ): Promise<Answer<EndpointTestedView>> {
    return this.once.run(
      once,
      async (tx) => new Answer(HttpStatus.ACCEPTED, { id: await this.tests.test(tx, clientId, id, eventType) }),
    );
  }
}
