import { DomainError } from '../../platform/errors/index.js';

export class RoomFull extends DomainError {
  constructor(maxMembers: number) {
    super('conflict', 'room_full', `The room has its ${maxMembers} members.`, { members: { maxMembers } });
  }
}

export class RoomInactive extends DomainError {
  constructor() {
    super('conflict', 'room_inactive', 'The room was closed by hand; activate it first.');
  }
}

export class MayNot extends DomainError {
  constructor(what: string) {
    super('forbidden', 'forbidden', `Your role in this room does not allow you to ${what}.`);
  }
}

export class DirectRoom extends DomainError {
  constructor() {
    super('conflict', 'direct_room', 'A direct room keeps its two members and their roles. Mute it, or delete it.');
  }
}

export class OwnerStays extends DomainError {
  constructor() {
    super('conflict', 'owner_stays', 'The owner’s role is changed by making another member the owner.');
  }
}

export class Banned extends DomainError {
  /** @param who the caller themselves, or a user that the caller adds */
  constructor(who: 'caller' | 'other') {
    super(who === 'caller' ? 'forbidden' : 'conflict', 'banned', 'The user is banned from this room.');
  }
}

export class SlowMode extends DomainError {
  constructor(waitMs: number) {
    super('rate_limited', 'slow_mode', 'The room is in slow mode: wait before the next message.', {
      retryAfterSeconds: Math.ceil(waitMs / 1_000),
      scope: 'room',
    });
  }
}
