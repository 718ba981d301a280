export { EventsQuery } from './events/dto/event.dto.js';
export { EventPageView, EventSummaryView } from './events/event.view.js';
export { EventsService } from './events/events.service.js';
export { WebhooksModule } from './webhooks.module.js';
