import { DomainError } from '../../platform/errors/index.js';

export class SlugTaken extends DomainError {
  constructor(slug: string) {
    super('conflict', 'slug_taken', `Another client has the slug ${slug}.`);
  }
}

export class LastMasterKey extends DomainError {
  constructor() {
    super('conflict', 'last_master_key', 'This is the last live master key. Make or rotate one first.');
  }
}

export class OperatorSetting extends DomainError {
  constructor(name: string) {
    super('forbidden', 'forbidden', `settings.${name} is written by the operator of the installation only.`);
  }
}

export class ScopesExceeded extends DomainError {
  constructor(scopes: readonly string[]) {
    super('forbidden', 'forbidden', `Not to be granted here: ${scopes.join(', ')}.`);
  }
}
