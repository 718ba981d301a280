import { type Address, type Channel, DeliveryChannel, type Destination, type Party, Text } from 'chatapi';

/** What callers give: `{"channels": {"pager": {"text": "…"}}}`. */
export class PagerContent {
  @Text({ min: 1, max: 80, example: 'Call the front desk' })
  readonly text: string;
}

/** What providers of the channel get. */
export interface PagerMessage {
  readonly pager: string;
  readonly text: string;
}

/** A channel of our own. Whoever carries a pager has its number in their profile: `metadata.pager`. */
@DeliveryChannel({ name: 'pager', title: 'Pager', content: PagerContent, disturbs: true })
export class PagerChannel implements Channel<PagerContent, PagerMessage> {
  addressesOf({ user }: Party): Address[] {
    const pager = user?.metadata.pager;
    return typeof pager === 'string' && /^\d{4,10}$/.test(pager) ? [{ recipient: pager }] : [];
  }

  messageOf({ text }: PagerContent, { recipient }: Destination): PagerMessage {
    return { pager: recipient, text };
  }
}
