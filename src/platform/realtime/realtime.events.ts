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
  ready: { summary: 'The socket is open and hears its rooms', data: ReadyView, kind: 'socket' },
  'room.head': { summary: 'Where a room stands, every 30 s', data: RoomHeadView, kind: 'room' },
  'sync.required': { summary: 'Events may have been missed: sync', data: SyncRequiredView, kind: 'socket' },
  'server.draining': { summary: 'This process stops; come back after a while', data: DrainingView, kind: 'socket' },
  'typing.started': { summary: 'Somebody types', data: TypistView, kind: 'room' },
  'typing.stopped': { summary: 'Somebody types no longer', data: TypistView, kind: 'room' },
  'presence.changed': { summary: 'Somebody came, went or says so', data: PresenceChangeView, kind: 'socket' },
} as const satisfies EventTable;

declare module './event.js' {
  interface EventTables {
    readonly realtime: typeof REALTIME_PUSHES;
  }
}
