import { DomainError } from '../../platform/errors/index.js';

export class MessageDeleted extends DomainError {
  constructor() {
    super('conflict', 'message_deleted', 'The message was deleted.');
  }
}

export class TooManyReactions extends DomainError {
  constructor(limit: number) {
    super('conflict', 'too_many_reactions', `A message takes ${limit} different emojis at most.`, {
      members: { limit },
    });
  }
}

export class TooManyEdits extends DomainError {
  constructor(limit: number) {
    super('conflict', 'too_many_edits', `A message is edited ${limit} times at most. Delete it, and say it anew.`, {
      members: { limit },
    });
  }
}
