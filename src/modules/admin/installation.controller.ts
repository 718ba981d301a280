import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Endpoint, idOf, pageOf, Uuid } from '../../platform/http/index.js';
import { OperatorOnly } from '../../platform/security/index.js';
import { AuditEventView, AuditPageView, AuditQuery, AuditService } from '../audit/index.js';
import { InstallationService } from './installation.service.js';
import { KeyRingView, OverviewView } from './installation.view.js';

class InstallationAuditQuery extends AuditQuery {
  @Uuid({ optional: true, description: 'Of this client, also when it is gone; of all when absent' })
  readonly clientId?: string;
}

/** The installation as a whole. */
@ApiTags('Admin')
@OperatorOnly()
@Controller('admin')
export class InstallationController {
  constructor(
    private readonly installation: InstallationService,
    private readonly audit: AuditService,
  ) {}

  @Get('overview')
  @Endpoint('Show how the installation is', { returns: OverviewView })
  async overview(): Promise<OverviewView> {
    return OverviewView.of(await this.installation.overview());
  }

  @Get('key-ring')
  @Endpoint('Show which keys of SECRET_KEY are in use', {
    returns: KeyRingView,
    description:
      'How much is sealed under each, and whether a rotation is needed. Reads every table that keeps secrets.',
  })
  async keyRing(): Promise<KeyRingView> {
    return KeyRingView.of(await this.installation.keyRing());
  }

  @Get('audit-events')
  @Endpoint('List who did what, in the whole installation', {
    returns: AuditPageView,
    description: 'Newest first. What was done to a client itself stays when the client is gone.',
  })
  async events(@Query() { limit, cursor, clientId, ...filter }: InstallationAuditQuery): Promise<AuditPageView> {
    const rows = await this.audit.pageOfAll(clientId ?? null, filter, limit, idOf(cursor));
    return pageOf(rows, limit, AuditEventView.of, ({ id }) => [id]);
  }
}
