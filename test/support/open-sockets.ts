import { aSocket, type TestSocket, type TransportName } from './sockets.js';

/** Opens sockets and closes them all at the end, so that no test has to. */
export class OpenSockets {
  private readonly opened: TestSocket[] = [];

  /** Connects with a key and waits for `ready`. */
  async open(transport: TransportName, url: string, apiKey: string): Promise<TestSocket> {
    return this.keep(await aSocket(transport, url, apiKey));
  }

  /** Has a socket that the test made itself closed with the others. */
  keep<S extends TestSocket>(socket: S): S {
    this.opened.push(socket);
    return socket;
  }

  closeAll(): void {
    this.opened.splice(0).forEach((socket) => socket.close());
  }
}
