import { DomainError } from '../../platform/errors/index.js';
import type { Scope } from '../../platform/security/index.js';

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

export class MasterRequired extends DomainError {
  constructor() {
    super('forbidden', 'forbidden', 'This needs a master key.');
  }
}

export class ScopeMissing extends DomainError {
  constructor(missing: readonly Scope[]) {
    super('forbidden', 'scope_missing', `The key lacks: ${missing.join(', ')}.`, { members: { missing } });
  }
}
