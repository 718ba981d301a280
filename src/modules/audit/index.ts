export { AuditModule } from './audit.module.js';
export { AuditService } from './audit.service.js';
export { AuditEventView, AuditPageView } from './audit.view.js';
export { AuditQuery } from './dto/audit.query.js';
