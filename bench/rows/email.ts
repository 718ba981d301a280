import type { MailerActor } from '../baselines/mailer.js';
import type { SmtpSinkActor } from '../baselines/smtp-sink.js';
import { deliveriesPerSecond } from '../delivering.js';
import type { Row } from '../row.js';
import { aClient, bodyOf } from '../service.js';

const MAILS = 3_000;
const RECIPIENTS_EACH = 50;

/** From the first call to the last mail taken by a local SMTP server and noted as sent. */
export const email: Row = {
  name: 'email',
  async run(bench) {
    const environment = await bench.environment();
    const [service] = await Promise.all([bench.service('api', environment), bench.service('worker', environment)]);
    const port = await bench.actor<SmtpSinkActor>('baselines/smtp-sink').call('listen');
    const mailer = bench.actor<MailerActor>('baselines/mailer');
    const client = await aClient(service);
    const settings = { host: '127.0.0.1', port, secure: false, from: 'shop@example.com' };
    bodyOf(await client.master.post('/providers', { kind: 'smtp', name: 'Sink', settings }));
    const mails = Math.round(MAILS * bench.effort.share);
    const databaseUrl = environment.DATABASE_URL;
    const compared = await bench.inTurn(
      () => mailer.call('send', { port, mails }),
      () => deliveriesPerSecond({ client, databaseUrl, deliveries: mails, recipientsEach: RECIPIENTS_EACH }),
    );
    return [
      {
        what: 'accepted → sent, email',
        unit: 'mails/s',
        budget: { atLeast: 0.85, goal: 1 },
        ...compared,
        baselineIs: 'bare nodemailer, a pool of 20, the same server',
      },
    ];
  },
};
