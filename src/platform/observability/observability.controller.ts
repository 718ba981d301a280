import { Controller, Get, Header, HttpStatus, Res } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiProperty, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Endpoint } from '../http/index.js';
import { OperatorOnly, Public } from '../security/index.js';
import { type Check, type Health, HealthService } from './health.js';
import { Metrics } from './metrics.js';

class ChecksView {
  @ApiProperty({ enum: ['up', 'down'], example: 'up' }) readonly database: Check;
  @ApiProperty({ enum: ['up', 'down'], example: 'up' }) readonly redis: Check;
  @ApiProperty({ enum: ['up', 'down'], example: 'up' }) readonly queues: Check;
}

class HealthView implements Health {
  @ApiProperty({ enum: ['ok', 'degraded', 'down'], example: 'ok' }) readonly status: Health['status'];
  @ApiProperty({ type: ChecksView }) readonly checks: ChecksView;
}

class LiveView {
  @ApiProperty({ example: 'ok' }) readonly status: string;
}

@ApiTags('Health')
@Public()
@Controller('utils')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @Get('health-check')
  @Endpoint('Say whether the service can work', {
    returns: HealthView,
    also: { status: HttpStatus.SERVICE_UNAVAILABLE, description: 'PostgreSQL is down' },
  })
  async check(@Res({ passthrough: true }) response: Response): Promise<HealthView> {
    const health = await this.health.check();
    if (health.status === 'down') response.status(HttpStatus.SERVICE_UNAVAILABLE);
    return health;
  }

  @Get('live')
  @Endpoint('Say that the process runs', { returns: LiveView })
  live(): LiveView {
    return { status: 'ok' };
  }
}

/** At the root, outside `/api/v1`, as scrapers expect. */
@OperatorOnly()
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @ApiExcludeEndpoint()
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  show(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
