export { EscalationModule } from './escalation.module.js';
export { EscalationService } from './escalation.service.js';
