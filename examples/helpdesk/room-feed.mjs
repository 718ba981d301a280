/**
 * A client's copy of one room. Each durable event has the room's next `offset`, without gaps, so a client that keeps the
 * last one it applied knows at any time whether it missed something, and asks for just that.
 */
export class RoomFeed {
  constructor(roomId) {
    this.roomId = roomId;
    this.last = 0;
    this.events = [];
  }

  /** @returns 'applied'; 'known' for one that came twice; 'gap' when one before it is missing: then `sync` */
  apply(event) {
    if (event.offset <= this.last) return 'known';
    if (event.offset > this.last + 1) return 'gap';
    this.events.push(event);
    this.last = event.offset;
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
