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
