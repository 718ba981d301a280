import { Injectable } from '@nestjs/common';
import type { ClientId } from '../../platform/database/index.js';
import { InvalidInput } from '../../platform/errors/index.js';
import { AuditRepository } from './audit.repository.js';
import type { AuditEvent, AuditFilter } from './audit-event.js';

/** Who did what, for those who may know. Lists give one row more than asked for. */
@Injectable()
export class AuditService {
  constructor(private readonly events: AuditRepository) {}

  /** The newest first. @throws InvalidInput */
  page(clientId: ClientId, filter: AuditFilter, limit: number, beforeId: string | null): Promise<AuditEvent[]> {
    assertInOrder(filter);
    return this.events.page(clientId, filter, limit, beforeId);
  }

  /** For the operator. @param clientId null for all of the installation @throws InvalidInput */
  pageOfAll(
    clientId: ClientId | null,
    filter: AuditFilter,
    limit: number,
    beforeId: string | null,
  ): Promise<AuditEvent[]> {
    assertInOrder(filter);
    return this.events.pageOfAll(clientId, filter, limit, beforeId);
  }
}

function assertInOrder({ from, to }: AuditFilter): void {
  if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to))
    throw InvalidInput.at('/to', 'order', 'to is after from');
}
