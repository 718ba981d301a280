import { DomainError } from '../../platform/errors/index.js';

export class SourceExists extends DomainError {
  constructor(event: string) {
    super('conflict', 'source_exists', `There is a source for ${event} already; change that one, or remove it first.`);
  }
}

export class TooManySources extends DomainError {
  constructor(limit: number) {
    super('conflict', 'too_many_sources', `A client has at most ${limit} webhook sources.`, { members: { limit } });
  }
}

/** One answer for every reason: whoever does not know the secret learns nothing of how close they came. */
export class SignatureRefused extends DomainError {
  constructor() {
    super('unauthenticated', 'invalid_signature', 'The signature is missing, wrong or old.');
  }
}

export class EventInProgress extends DomainError {
  constructor() {
    super('conflict', 'event_in_progress', 'The event is under way; what failed of it is tried again by itself.');
  }
}
