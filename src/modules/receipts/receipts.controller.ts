import { Controller, HttpStatus, Inject, Post, Req } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiProperty, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { Endpoint, IdParam } from '../../platform/http/index.js';
import { Public } from '../../platform/security/index.js';
import { ReceiptsService } from './receipts.service.js';

class ReceivedView {
  @ApiProperty({ example: 1, description: 'How many pieces of news were in it' }) readonly received: number;
}

/** As Mailgun tells it; every kind has its own. */
const EXAMPLE = {
  signature: {
    timestamp: '1795600000',
    token: 'b1f8a0f6b5a7a9d0c2e4',
    signature: '3f0c9a6d4b7e81d25c6f7a08b9e1d3c4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0',
  },
  'event-data': { id: 'Ase7i2zsRYeDXztHGENqRA', event: 'delivered', timestamp: 1_795_600_000.12 },
};

/** Where providers call. */
@ApiTags('Providers')
@Controller('providers')
export class ReceiptsController {
  constructor(
    private readonly receipts: ReceiptsService,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  /** Repeated and out of order it comes to the same. */
  @Post(':id/events')
  @Public()
  @ApiConsumes('application/json', 'application/x-www-form-urlencoded')
  @ApiBody({
    required: false,
    schema: { type: 'object', additionalProperties: true },
    examples: { mailgun: { value: EXAMPLE } },
  })
  @Endpoint('Take a provider’s own events', {
    returns: ReceivedView,
    status: HttpStatus.OK,
    errors: ['invalid_signature', 'not_found', 'validation_failed', 'payload_too_large', 'rate_limited', 'unavailable'],
    description:
      'For the provider itself: give it this address, a provider’s `eventsUrl`. It signs its calls with what the provider’s settings hold. Stored when this answers; repeated, late and out-of-order events are harmless.',
  })
  async take(@IdParam('id') id: string, @Req() request: Request): Promise<ReceivedView> {
    const { originalUrl, headers, query } = request;
    const body: unknown = request.body;
    const call = {
      url: `${(this.env.PUBLIC_URL ?? `${request.protocol}://${request.host}`).replace(/\/+$/, '')}${originalUrl}`,
      headers: textsOf(headers),
      query: textsOf(query),
      body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
    };
    return { received: await this.receipts.take(id, call, request.ip ?? '') };
  }
}

/** Of what came several times the last. */
const textsOf = (values: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => {
      const last: unknown = Array.isArray(value) ? value.at(-1) : value;
      return typeof last === 'string' ? [[name, last]] : [];
    }),
  );
