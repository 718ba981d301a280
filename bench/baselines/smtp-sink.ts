import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { serve } from '../actor.js';

/** RFC 5321 3.8 */
const CLOSING = Object.assign(new Error('Service not available'), { responseCode: 421 });

let isClosing = false;
let taken = 0;

/** A mail server that takes everything and keeps nothing. @returns its port */
async function listen(): Promise<number> {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    onConnect: (_session, callback) => callback(isClosing ? CLOSING : null),
    onMailFrom: (_address, _session, callback) => callback(isClosing ? CLOSING : null),
    onData: (stream, _session, callback) => {
      stream.on('end', () => {
        taken++;
        callback();
      });
      stream.resume();
    },
  });
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  return (server.server.address() as AddressInfo).port;
}

/** From here on it takes nothing, and says so; or is well again. */
function close(isOn: boolean): void {
  isClosing = isOn;
}

const countTaken = (): number => taken;

export const smtpSink = { listen, close, countTaken };
export type SmtpSinkActor = typeof smtpSink;
serve(smtpSink);
