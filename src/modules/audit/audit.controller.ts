import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Endpoint, idOf, pageOf } from '../../platform/http/index.js';
import { Caller, MasterOnly, type Principal } from '../../platform/security/index.js';
import { AuditService } from './audit.service.js';
import { AuditEventView, AuditPageView } from './audit.view.js';
import { AuditQuery } from './dto/audit.query.js';

@ApiTags('Audit')
@Controller('audit-events')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Get()
  @MasterOnly()
  @Endpoint('List who did what', {
    returns: AuditPageView,
    description: 'Every administrative act, newest first, the operator’s on this client among them.',
  })
  async list(
    @Caller() { clientId }: Principal,
    @Query() { limit, cursor, ...filter }: AuditQuery,
  ): Promise<AuditPageView> {
    const rows = await this.audit.page(clientId, filter, limit, idOf(cursor));
    return pageOf(rows, limit, AuditEventView.of, ({ id }) => [id]);
  }
}
