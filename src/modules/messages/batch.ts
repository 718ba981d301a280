import { type DomainError, NotFound } from '../../platform/errors/index.js';
import type { Allowance } from '../quotas/index.js';
import type { Draft } from './draft.js';
import { MessageView } from './message.view.js';
import { judge, type LockedRoom, type Verdict } from './messages.rules.js';
import type { NumberedDraft, RoomMove, StandingRow } from './messages.repository.js';

/** A draft's end within the batch: refused, written (or the twin of one that was), or a repeat of a stored message. */
export type BatchResult =
  DomainError | { readonly numbered: MessageView; readonly duplicate: boolean } | { readonly of: string };

/** A draft that is a message now, as it is told. */
export interface Numbered {
  readonly draft: Draft;
  readonly view: MessageView;
}

/** A room woken by a message, as it was just before the message. */
export interface Revival {
  readonly clientId: string;
  readonly roomId: string;
  readonly offset: number;
  readonly lastSeq: number;
  readonly hops: number;
}

/** What was read under the locks. */
interface Known {
  readonly locked: readonly LockedRoom[];
  readonly standings: readonly StandingRow[];
  /** What the clients have left. */
  readonly allowance: Pick<Allowance, 'take'>;
}

type Numbers = { -readonly [Name in keyof RoomMove]: RoomMove[Name] } & { room: LockedRoom };

/** Gives the drafts of one transaction their numbers. Pure: all it knows was read under the locks. */
export class Batch {
  readonly results: BatchResult[] = [];
  readonly messages: NumberedDraft[] = [];
  readonly views: Numbered[] = [];
  readonly revivals: Revival[] = [];
  /** Senders a master key named who are in no room of theirs yet, by client. */
  readonly strangers = new Map<string, string[]>();
  /** Stored messages that drafts repeat, by client. */
  readonly earlierIds = new Map<string, string[]>();
  private readonly rooms = new Map<string, Numbers>();
  private readonly at: Date;
  /** When this batch's messages of a sender into a room are sent: slow mode refuses the second. */
  private readonly sentAt = new Map<string, Date>();
  private readonly written = new Map<string, { readonly hash: Buffer | null; readonly view: MessageView }>();

  private readonly allowance: Pick<Allowance, 'take'>;

  constructor(drafts: readonly Draft[], { locked, standings, allowance }: Known) {
    this.allowance = allowance;
    this.at = standings[0]?.at ?? new Date(0);
    for (const room of locked) this.rooms.set(keyOf(room.clientId, room.id), { ...numbersOf(room, this.at), room });
    drafts.forEach((draft, n) => this.results.push(this.place(draft, standings[n] ?? NOTHING_KNOWN)));
  }

  get moves(): RoomMove[] {
    return [...this.rooms.values()].filter(({ lastSeq, room }) => lastSeq > room.lastSeq);
  }

  private place(draft: Draft, { role, lastSentAt, earlierId, earlierHash, replyExists }: StandingRow): BatchResult {
    const numbers = this.rooms.get(keyOf(draft.clientId, draft.roomId));
    const twin = draft.clientMessageId === null ? undefined : this.written.get(twinKey(draft));
    const earlier = twin
      ? { id: '', contentHash: twin.hash }
      : earlierId === null
        ? null
        : { id: earlierId, contentHash: earlierHash };
    const verdict = judge(draft, {
      room: numbers ? asOf(numbers) : null,
      role,
      earlier,
      replyExists,
      lastSentAt: this.sentAt.get(senderKey(draft)) ?? lastSentAt,
      at: this.at,
    });
    if (verdict.kind === 'refuse' || !numbers) return verdict.kind === 'refuse' ? verdict.error : new NotFound();
    if (verdict.kind === 'duplicate')
      return twin ? { numbered: twin.view, duplicate: true } : this.repeat(draft, verdict);
    const refusal = this.allowance.take(draft.clientId, ONE_MESSAGE);
    if (refusal) return refusal;
    if (role === null && draft.senderId !== null) push(this.strangers, draft.clientId, draft.senderId);
    return { numbered: this.number(draft, numbers, verdict.revives), duplicate: false };
  }

  private repeat({ clientId }: Draft, { of }: Extract<Verdict, { kind: 'duplicate' }>): BatchResult {
    push(this.earlierIds, clientId, of);
    return { of };
  }

  private number(draft: Draft, numbers: Numbers, revives: boolean): MessageView {
    if (revives) {
      numbers.revived = true;
      this.revivals.push({
        clientId: draft.clientId,
        roomId: draft.roomId,
        offset: ++numbers.head,
        lastSeq: numbers.lastSeq,
        hops: draft.hops,
      });
    }
    numbers.used ||= draft.type === 'user';
    const message = { ...draft, seq: ++numbers.lastSeq, offset: ++numbers.head, createdAt: numbers.at };
    const view = MessageView.of({ ...message, reactions: null, pinnedAt: null, editedAt: null, deletedAt: null });
    this.messages.push(message);
    if (draft.senderId !== null) this.sentAt.set(senderKey(draft), numbers.at);
    this.views.push({ draft, view });
    if (draft.clientMessageId !== null) this.written.set(twinKey(draft), { hash: draft.contentHash, view });
    return view;
  }
}

const ONE_MESSAGE = { messages: 1 };

const NOTHING_KNOWN: StandingRow = {
  role: null,
  lastSentAt: null,
  earlierId: null,
  earlierHash: null,
  replyExists: false,
  at: new Date(0),
};

const keyOf = (clientId: string, roomId: string): string => `${clientId}/${roomId}`;
const twinKey = ({ roomId, senderId, clientMessageId }: Draft): string =>
  `${roomId}/${senderId ?? ''}/${clientMessageId ?? ''}`;

const senderKey = ({ roomId, senderId }: Draft): string => `${roomId}/${senderId ?? ''}`;

const numbersOf = ({ clientId, id, lastSeq, head }: LockedRoom, at: Date): RoomMove => ({
  clientId,
  roomId: id,
  lastSeq,
  head,
  at,
  used: false,
  revived: false,
});

/** The room after the drafts before this one: the first message has woken it for the second. */
const asOf = ({ room, revived }: Numbers): LockedRoom =>
  revived ? { ...room, status: 'active', deactivatedReason: null } : room;

function push(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
