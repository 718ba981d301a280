import { Injectable } from '@nestjs/common';
import type { ClientId } from '../../platform/database/index.js';
import {
  EndpointLogRepository,
  type LoggedAttempt,
  type LoggedDelivery,
  type LogPage,
} from './endpoint-log.repository.js';
import { EndpointsService } from './endpoints.service.js';

@Injectable()
export class EndpointLogService {
  constructor(
    private readonly endpoints: EndpointsService,
    private readonly log: EndpointLogRepository,
  ) {}

  async attempts(clientId: ClientId, id: string, page: LogPage, webhookId?: string): Promise<LoggedAttempt[]> {
    await this.endpoints.get(clientId, id);
    return this.log.attempts(clientId, id, page, webhookId);
  }

  async deliveries(clientId: ClientId, id: string, page: LogPage): Promise<LoggedDelivery[]> {
    await this.endpoints.get(clientId, id);
    return this.log.deliveries(clientId, id, page);
  }
}
