import { Controller, HttpStatus, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiProperty, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ENV, type ResolvedEnv } from '../../../config/index.js';
import { NotFound } from '../../../platform/errors/index.js';
import { Endpoint, RequestId } from '../../../platform/http/index.js';
import { Public } from '../../../platform/security/index.js';
import { RESERVED_SLUGS } from '../../clients/index.js';
import { EVENT_NAME } from '../sources/dto/source.dto.js';
import { DoorService } from './door.service.js';

const SLUG = /^[a-z0-9-]{2,63}$/;

class TakenView {
  @ApiProperty({
    format: 'uuid',
    example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11',
    description: 'Of a repeat the first one’s',
  })
  readonly id: string;
  @ApiProperty({ enum: ['accepted', 'duplicate'], example: 'accepted' })
  readonly status: 'accepted' | 'duplicate';
}

/** Where other systems call; at the root as well, as `/webhooks/{clientSlug}/{event}`. */
@ApiTags('Webhooks')
@Controller('webhooks')
export class DoorController {
  constructor(
    private readonly door: DoorService,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  @Post(':clientSlug/:event')
  @Public()
  @ApiConsumes('application/json', 'application/x-www-form-urlencoded', 'text/plain')
  @ApiBody({
    required: false,
    schema: { type: 'object', additionalProperties: true },
    examples: {
      stripe: { value: { id: 'evt_1NG8Du2eZvKYlo2C', type: 'invoice.paid', data: { object: { total: 1_000 } } } },
    },
  })
  @Endpoint('Take an inbound webhook', {
    returns: TakenView,
    status: HttpStatus.OK,
    errors: ['invalid_signature', 'not_found', 'validation_failed', 'payload_too_large', 'rate_limited', 'unavailable'],
    description:
      'For the other system: a source’s `url`, at the root too (`/webhooks/{clientSlug}/{event}`). Signed as the source’s scheme says, over the bytes of the body, which is not compressed. Stored when this answers; the same event again is the first one. A scheme’s own trial of the address (Slack’s `url_verification`) is answered as it asks.',
  })
  async take(
    @Param('clientSlug') slug: string,
    @Param('event') event: string,
    @RequestId() requestId: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<TakenView | string> {
    const isReserved = RESERVED_SLUGS.some((reserved) => reserved === slug);
    if (isReserved || !SLUG.test(slug) || !EVENT_NAME.test(event)) throw new NotFound();
    const entered = await this.door.enter({ slug, event }, this.callOf(request), {
      requestId,
      address: request.ip ?? '',
    });
    if (!('answer' in entered)) return { id: entered.id, status: entered.isRepeat ? 'duplicate' : 'accepted' };
    response.type(entered.answer.contentType);
    return entered.answer.body;
  }

  private callOf({ originalUrl, headers, query, protocol, host, body }: Request) {
    return {
      url: `${(this.env.PUBLIC_URL ?? `${protocol}://${host}`).replace(/\/+$/, '')}${originalUrl}`,
      headers: textsOf(headers),
      query: textsOf(query),
      body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
    };
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
