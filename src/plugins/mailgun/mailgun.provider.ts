import type { MailgunMessageData } from 'mailgun.js/definitions';
import {
  type BatchItem,
  type CallContext,
  DeliveryProvider,
  type EmailMessage,
  type Outcome,
  type Polled,
  type Provider,
  type ProviderContext,
  type Receipt,
  type ReceiptRequest,
} from '../../extension/index.js';
import { MailgunRefusal, mailgunOf } from './mailgun.client.js';
import { type MailgunEvent, receiptsOf, signedReceiptsOf } from './mailgun.events.js';
import {
  batchOf,
  canGoTogether,
  isAboutTheMessage,
  outcomeOf,
  outcomeOfSuccess,
  singleOf,
  wavesOf,
} from './mailgun.rules.js';
import { MailgunSettings } from './mailgun.settings.js';

type Context = CallContext<MailgunSettings>;

/** In one call: https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/batch-sending */
const BATCH_MAX = 1_000;
/** The most that the Events API gives. */
const EVENTS_PER_PAGE = 300;
const PAGES_PER_POLL = 20;
/** Events may come into Mailgun's own index so late; what is older is complete. */
const SETTLED_AFTER_MS = 30 * 60_000;

/** Mail through Mailgun's API, for many recipients in one call. */
@DeliveryProvider({
  kind: 'mailgun',
  channels: ['email'],
  title: 'Mailgun',
  settings: MailgunSettings,
  confirms: true,
  batchMax: BATCH_MAX,
})
export class MailgunProvider implements Provider<MailgunSettings, EmailMessage> {
  send(context: ProviderContext<MailgunSettings>, message: EmailMessage): Promise<Outcome> {
    const { deliveryId, settings } = context;
    return post(context, singleOf(message, { deliveryId, ...settings }));
  }

  /** What Mailgun says against a message in a batch is not said of each: they go one by one then. */
  async sendBatch(context: Context, items: readonly BatchItem<EmailMessage>[]): Promise<readonly Outcome[] | null> {
    if (!canGoTogether(items)) return null;
    const outcomes = new Map<BatchItem<EmailMessage>, Outcome>();
    const [first = [], ...repeated] = wavesOf(items);
    let outcome = await post(context, batchOf(first, context.settings.from));
    if (isAboutTheMessage(outcome)) return null;
    first.forEach((item) => outcomes.set(item, outcome));
    for (const wave of repeated) {
      if (outcome.kind === 'sent') outcome = await post(context, batchOf(wave, context.settings.from));
      for (const item of wave) outcomes.set(item, outcome);
    }
    return items.map((item) => outcomes.get(item)!);
  }

  async verify(context: Context): Promise<void> {
    const { state } = await mailgunOf(context).domains.get(context.settings.domain);
    if (state !== 'active') throw new Error(`Mailgun says that the domain is ${state}.`);
  }

  receipts({ webhookSigningKey }: MailgunSettings, { body }: ReceiptRequest): Receipt[] {
    return signedReceiptsOf(body, webhookSigningKey, Date.now());
  }

  /** Page by page, the oldest first; what does not fit into one poll, or its time, is left to the next. */
  async poll(context: Context, since: Date): Promise<Polled> {
    const first = await eventsOf(context, pathOf(context, since));
    const receipts = first.items.flatMap(receiptsOf);
    let page = first;
    for (let read = 1; read < PAGES_PER_POLL && page.next !== null && page.items.length > 0; read++) {
      try {
        page = await eventsOf(context, page.next);
      } catch {
        return { receipts, until: newestOf(page, since) };
      }
      receipts.push(...page.items.flatMap(receiptsOf));
    }
    const isAtTheEnd = page.next === null || page.items.length === 0;
    const settled = new Date(Math.max(since.getTime(), Date.now() - SETTLED_AFTER_MS));
    return { receipts, until: isAtTheEnd ? settled : newestOf(page, since) };
  }
}

interface EventsPage {
  readonly items: readonly MailgunEvent[];
  /** The path of the next page. */
  readonly next: string | null;
}

async function post(context: Context, fields: MailgunMessageData): Promise<Outcome> {
  try {
    const { id } = await mailgunOf(context).messages.create(context.settings.domain, fields);
    return outcomeOfSuccess(id);
  } catch (error) {
    return outcomeOf(error, error instanceof MailgunRefusal ? error.answer : null);
  }
}

function pathOf({ settings }: Context, since: Date): string {
  const query = { begin: `${since.getTime() / 1_000}`, ascending: 'yes', limit: `${EVENTS_PER_PAGE}` };
  return `/v3/${settings.domain}/events?${new URLSearchParams(query).toString()}`;
}

/** By the client's plain request: its `events.get` warns on the console of each call that there is a newer API. */
async function eventsOf(context: Context, path: string): Promise<EventsPage> {
  const { body } = (await mailgunOf(context).request.get(path)) as { body: Readonly<Record<string, unknown>> };
  const { items, paging } = body as { items?: unknown; paging?: { next?: unknown } };
  if (!Array.isArray(items)) throw new Error('The answer is no page of events.');
  const link = paging?.next;
  return {
    items,
    // Of the link its path alone: the key goes nowhere but to the address in the settings.
    next: typeof link === 'string' && URL.canParse(link) ? new URL(link).pathname : null,
  };
}

function newestOf({ items }: EventsPage, since: Date): Date {
  const newest = Number(items.at(-1)?.timestamp) * 1_000;
  return newest > since.getTime() ? new Date(newest) : since;
}
