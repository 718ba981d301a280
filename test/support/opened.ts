interface Closable {
  close(): Promise<void>;
}

/** Closes what a test has opened, whether it went well or not: what stays open would keep the run from ending. */
export class Opened {
  private readonly things: Closable[] = [];

  async keep<T extends Closable>(opening: Promise<T>): Promise<T> {
    const thing = await opening;
    this.things.push(thing);
    return thing;
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.things.splice(0).map((thing) => thing.close()));
  }
}
