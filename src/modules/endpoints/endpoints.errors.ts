import { DomainError } from '../../platform/errors/index.js';
import { ENDPOINTS_MAX } from './endpoint.rules.js';

export class TooManyEndpoints extends DomainError {
  constructor() {
    super('conflict', 'too_many_endpoints', `A client has at most ${ENDPOINTS_MAX} webhook endpoints.`, {
      members: { limit: ENDPOINTS_MAX },
    });
  }
}

export class EndpointDisabled extends DomainError {
  constructor() {
    super('conflict', 'endpoint_disabled', 'The endpoint is disabled: enable it, then replay what it missed.');
  }
}
