import { ApiProperty } from '@nestjs/swagger';
import { PreferencesView } from './dto/preferences.dto.js';
import { UserView } from './dto/user.view.js';
import type { UserExport } from './export.service.js';

const rows = (description: string, example: object) => ({
  type: 'array' as const,
  items: { type: 'object', additionalProperties: true },
  description,
  example: [example],
});
const ID = '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11';
const AT = '2026-11-24T09:30:00.000Z';

/** Everything kept about a user. It is written while it is read: one that breaks off is no JSON. */
export class UserExportView {
  @ApiProperty({ format: 'date-time', example: AT }) readonly exportedAt: string;
  @ApiProperty({ type: UserView }) readonly user: UserView;
  @ApiProperty({ type: PreferencesView, nullable: true }) readonly preferences: PreferencesView | null;
  @ApiProperty(rows('As `GET /users/{userId}/devices` gives them', { id: ID, kind: 'fcm', lastFour: 'x9Qz' }))
  readonly devices: object[];
  @ApiProperty(rows('As `GET /clients/me/keys` gives them; no secrets', { keyId: 'A1b2C3d4E5f6', device: 'phone' }))
  readonly keys: object[];
  @ApiProperty(rows('The rooms the user is in', { roomId: ID, type: 'group', role: 'member', joinedAt: AT }))
  readonly rooms: object[];
  @ApiProperty(rows('The rooms the user is banned from', { roomId: ID, until: null, reason: null, createdAt: AT }))
  readonly bans: object[];
  @ApiProperty(rows('The messages the user sent, oldest first', { id: ID, roomId: ID, content: 'Where is my parcel?' }))
  readonly messages: object[];
  @ApiProperty(rows('What the user reacted to, and how', { messageId: ID, emoji: '👍', createdAt: AT }))
  readonly reactions: object[];
  @ApiProperty(
    rows('What was sent to the user, the inbox included, with its content', {
      id: ID,
      notificationId: ID,
      channel: 'email',
      recipient: 'ann@example.com',
      content: { subject: 'Your order 4711' },
    }),
  )
  readonly notifications: object[];
  @ApiProperty(
    rows('Unread messages that were brought to the user, and as which notification', {
      ...{ roomId: ID, fromSeq: 40, toSeq: 42, channel: 'email', notificationId: ID, at: AT },
    }),
  )
  readonly escalations: object[];
  @ApiProperty(
    rows('Addresses of the user that are not written to', {
      ...{ channel: 'email', address: 'ann@example.com', reason: 'unsubscribe', createdAt: AT },
    }),
  )
  readonly suppressions: object[];

  @ApiProperty(
    rows('What other systems told that names the user', {
      ...{ id: ID, event: 'order.paid', status: 'completed', receivedAt: AT },
      payload: { customer: 'ann' },
    }),
  )
  readonly webhookEvents: object[];

  /** The text of the document, piece by piece: no list is ever whole in memory. */
  static async *textOf({ user, preferences, lists }: UserExport): AsyncGenerator<string> {
    const about = {
      exportedAt: new Date().toISOString(),
      user: UserView.of(user),
      preferences: preferences && PreferencesView.of(preferences),
    };
    yield JSON.stringify(about).slice(0, -1);
    for (const { name, rows: list } of lists) {
      let before = `,${JSON.stringify(name)}:[`;
      for await (const row of list) {
        yield before + JSON.stringify(row);
        before = ',';
      }
      yield before === ',' ? ']' : `${before}]`;
    }
    yield '}\n';
  }
}
