import { Readable } from 'node:stream';
import { Body, Controller, Delete, Get, HttpStatus, Post, Query, StreamableFile } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiExtraModels, ApiTags, getSchemaPath } from '@nestjs/swagger';
import {
  Answer,
  CountedAs,
  Endpoint,
  Idempotent,
  idOf,
  IdParam,
  Once,
  type OnceKey,
  OnceStore,
  pageOf,
  validated,
} from '../../platform/http/index.js';
import { Caller, MasterOnly, type Principal } from '../../platform/security/index.js';
import { ImportDto, SuppressDto, SuppressionsQuery } from './dto/suppression.dto.js';
import { ImportView, SuppressionPageView, SuppressionView } from './suppression.view.js';
import { SuppressionsService } from './suppressions.service.js';

const EXAMPLE = { channel: 'email', address: 'ann@example.com', reason: 'hard_bounce' };
const CSV_EXAMPLE = 'channel,address,reason\r\nemail,ann@example.com,hard_bounce\r\n';

@ApiTags('Suppressions')
@MasterOnly()
@Controller('suppressions')
export class SuppressionsController {
  constructor(
    private readonly suppressions: SuppressionsService,
    private readonly once: OnceStore,
  ) {}

  @Post()
  @Idempotent()
  @Endpoint('Suppress an address', {
    returns: SuppressionView,
    status: HttpStatus.CREATED,
    also: { status: HttpStatus.OK, description: 'It was suppressed for that reason already' },
    description: '`hard_bounce` and `manual` stop everything, `complaint` all but critical, `unsubscribe` marketing.',
  })
  add(
    @Caller() { clientId }: Principal,
    @Body() dto: SuppressDto,
    @Once() once?: OnceKey,
  ): Promise<Answer<SuppressionView>> {
    return this.once.run(once, async (tx) => {
      const { suppression, isNew } = await this.suppressions.suppress(tx, clientId, dto);
      return new Answer(isNew ? HttpStatus.CREATED : HttpStatus.OK, SuppressionView.of(suppression));
    });
  }

  @Get()
  @Endpoint('List suppressions', { returns: SuppressionPageView, description: 'The newest first.' })
  async list(
    @Caller() { clientId }: Principal,
    @Query() { limit, cursor, ...filter }: SuppressionsQuery,
  ): Promise<SuppressionPageView> {
    const rows = await this.suppressions.page(clientId, filter, limit, idOf(cursor));
    return pageOf(rows, limit, SuppressionView.of, ({ id }) => [id]);
  }

  @Get('export')
  @CountedAs('export')
  @Endpoint('Export suppressions', {
    returnsText: { type: 'text/csv', example: CSV_EXAMPLE },
    description:
      'Written while it is read. A cell that a spreadsheet would take for a formula begins with an apostrophe, which an import takes off again.',
  })
  export(@Caller() { clientId }: Principal): StreamableFile {
    return new StreamableFile(Readable.from(this.suppressions.csvOf(clientId), { objectMode: false }), {
      type: 'text/csv; charset=utf-8',
      disposition: 'attachment; filename="suppressions.csv"',
    });
  }

  @Post('import')
  @CountedAs('bulk')
  @Idempotent()
  @ApiExtraModels(ImportDto)
  @ApiConsumes('application/json', 'text/csv')
  @ApiBody({
    schema: { oneOf: [{ $ref: getSchemaPath(ImportDto) }, { type: 'string' }] },
    examples: { list: { value: { suppressions: [EXAMPLE] } }, lines: { value: CSV_EXAMPLE } },
  })
  @Endpoint('Import suppressions', {
    returns: ImportView,
    description:
      'Up to 10,000 as JSON, or as CSV whose first line names the columns `channel`, `address` and `reason`. All of them or, when one has a fault, none: `errors` names each by its place, `/suppressions/3/address` or `/lines/4/address`. Those that are known stay as they are.',
  })
  import(
    @Caller() { clientId }: Principal,
    @Body() body: unknown,
    @Once() once?: OnceKey,
  ): Promise<Answer<ImportView>> {
    const list = typeof body === 'string' ? null : validated(ImportDto, body ?? {}).suppressions;
    return this.once.run(once, async (tx) => {
      const imported =
        list === null
          ? await this.suppressions.importCsv(tx, clientId, String(body))
          : await this.suppressions.importList(tx, clientId, list);
      return new Answer(HttpStatus.OK, imported);
    });
  }

  @Delete(':id')
  @Endpoint('Lift a suppression', { description: 'Others of the same address, for other reasons, stay.' })
  async remove(@Caller() { clientId }: Principal, @IdParam('id') id: string): Promise<void> {
    await this.suppressions.remove(clientId, id);
  }
}
