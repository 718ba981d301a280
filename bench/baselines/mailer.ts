import { createTransport } from 'nodemailer';
import { serve } from '../actor.js';
import { EMAIL } from '../content.js';

const CONNECTIONS = 20;

/** Bare nodemailer with a pool. @returns mails a second */
async function send({ port, mails }: { port: number; mails: number }): Promise<number> {
  const pool = createTransport({
    host: '127.0.0.1',
    port,
    pool: true,
    maxConnections: CONNECTIONS,
    maxMessages: Infinity,
  });
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: mails }, (_, n) =>
      pool.sendMail({ from: 'shop@example.com', to: `user-${n}@example.com`, ...EMAIL }),
    ),
  );
  const seconds = (performance.now() - begun) / 1_000;
  pool.close();
  return mails / seconds;
}

export const mailer = { send };
export type MailerActor = typeof mailer;
serve(mailer);
