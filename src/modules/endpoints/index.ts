export { EndpointHeaders } from './endpoint-headers.js';
export { EndpointPageView, EndpointView } from './endpoint.view.js';
export { EndpointsService } from './endpoints.service.js';
export { EndpointsModule } from './endpoints.module.js';
