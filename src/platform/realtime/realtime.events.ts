import type { EventTable } from './event.js';
import {
  DrainingView,
  PresenceChangeView,
  ReadyView,
  RoomHeadView,
  SyncRequiredView,
  TypistView,
} from './realtime.view.js';

/** What the floor itself tells sockets. */
export const REALTIME_PUSHES = {
  ready: { summary: 'The socket is open and hears its rooms', data: ReadyView, kind: 'socket', scope: null },
  'room.head': { summary: 'Where a room stands, every 30 s', data: RoomHeadView, kind: 'room', scope: 'messages:read' },
  'sync.required': {
    summary: 'Events may have been missed: sync',
    data: SyncRequiredView,
    kind: 'socket',
    scope: null,
  },
  'server.draining': {
    summary: 'This process stops; come back after a while',
    data: DrainingView,
    kind: 'socket',
    scope: null,
  },
  'typing.started': { summary: 'Somebody types', data: TypistView, kind: 'room', scope: 'rooms:read' },
  'typing.stopped': { summary: 'Somebody types no longer', data: TypistView, kind: 'room', scope: 'rooms:read' },
  'presence.changed': {
    summary: 'Somebody came, went or says so',
    data: PresenceChangeView,
    kind: 'socket',
    scope: 'rooms:read',
  },
} as const satisfies EventTable;

declare module './event.js' {
  interface EventTables {
    readonly realtime: typeof REALTIME_PUSHES;
  }
}
