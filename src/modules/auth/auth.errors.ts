import { DomainError } from '../../platform/errors/index.js';

export class Unauthenticated extends DomainError {
  constructor(message = 'Send a live API key as Authorization: Bearer <key> or X-API-Key.') {
    super('unauthenticated', 'unauthenticated', message);
  }
}

export class ClientSuspended extends DomainError {
  constructor() {
    super('forbidden', 'client_suspended', 'This client is suspended; its operator can lift that.');
  }
}
