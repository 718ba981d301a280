/**
 * A client's place in one room. Each durable event has the room's next `offset`, without gaps, so a client that keeps the
 * last one it applied knows at any time whether it missed something, and asks for just that.
 */
export class RoomFeed {
  /**
   * @param onEvent is given every event once, in order
   * @param last the offset that the client's copy begins with; 0 for one without anything
   */
  constructor(roomId, onEvent, last = 0) {
    this.roomId = roomId;
    this.onEvent = onEvent;
    this.last = last;
  }

  /** @returns 'applied'; 'known' for one that came twice; 'gap' when one before it is missing: then `sync` */
  apply(event) {
    if (event.offset <= this.last) return 'known';
    if (event.offset > this.last + 1) return 'gap';
    this.last = event.offset;
    this.onEvent(event);
    return 'applied';
  }

  /** Asks for what was missed. Up to 300 events come at once; for more, read `GET /rooms/{id}/events?after=`. */
  async sync(socket) {
    const { rooms } = await socket.command('sync', { rooms: [{ roomId: this.roomId, offset: this.last }] });
    const [{ recovered, events }] = rooms;
    if (recovered) events.forEach((event) => this.apply(event));
    return rooms[0];
  }
}
