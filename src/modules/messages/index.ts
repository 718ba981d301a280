export { SendMessageDto } from './dto/message.dto.js';
export { MessagesModule } from './messages.module.js';
export { MessagesService } from './messages.service.js';
export type { StoredMessage } from './stored-message.js';
export { TraceService, type TraceStep } from './trace.service.js';
