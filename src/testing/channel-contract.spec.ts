import { describe, expect, it } from '@jest/globals';
import {
  type Address,
  type Channel,
  type ChannelDescriptor,
  type ContentFault,
  DeliveryChannel,
  type Destination,
  type Party,
  Text,
} from '../extension/index.js';
import { type ChannelGiven, channelContract, type ContractCheck } from './index.js';

class PageContent {
  @Text({ min: 1, max: 100 })
  readonly text: string;
}

interface Page {
  readonly pager: string;
  readonly text: string;
}

/** As a channel should be. */
class Pager implements Channel<PageContent, Page> {
  faultsOf({ text }: PageContent): ContentFault[] {
    return text.includes('☎') ? [{ pointer: '/text', code: 'not_on_pagers', message: 'Pagers cannot show it.' }] : [];
  }

  addressesOf({ user }: Party, _content: PageContent): readonly Address[] {
    const pager = user?.metadata.pager;
    return typeof pager === 'string' ? [{ recipient: pager }] : [];
  }

  messageOf({ text }: PageContent, { recipient }: Destination): Page {
    return { pager: recipient, text };
  }
}

const USER = { displayName: null, email: null, phone: null, metadata: { pager: '4711' } };
const GIVEN: ChannelGiven<PageContent, Page> = {
  content: { text: 'Fire' },
  refused: [{ text: '' }, { text: '☎' }],
  party: { userId: 'ann', user: USER },
};

function checksOf(
  own: Partial<Pager>,
  descriptor: Partial<ChannelDescriptor> = {},
  given: Partial<ChannelGiven<PageContent, Page>> = {},
): readonly ContractCheck[] {
  class Own extends Pager {
    constructor() {
      super();
      Object.assign(this, own);
    }
  }
  DeliveryChannel({ name: 'pager', title: 'Pager', content: PageContent, ...descriptor })(Own);
  return channelContract<PageContent, Page>(Own, { ...GIVEN, ...given });
}

describe('a channel as it should be', () => {
  for (const { name, run } of checksOf({})) it(name, run);
});

class Undescribed {
  readonly text: string;
}

const good = new Pager();
let tick = 0;

const BROKEN: [check: string, sentence: RegExp, checks: () => readonly ContractCheck[]][] = [
  ['says what it is', /no name of a channel/, () => checksOf({}, { name: 'The Pager' })],
  ['has contents that are validated', /not valid by the class/, () => checksOf({}, {}, { content: { text: '' } })],
  [
    'describes its contents by a JSON schema',
    /text is not in the JSON schema/,
    () => checksOf({}, { content: Undescribed }),
  ],
  ['refuses what it cannot send, and points to it', /is taken, by its class/, () => checksOf({ faultsOf: () => [] })],
  [
    'refuses what it cannot send, and points to it',
    /no JSON pointer/,
    () => checksOf({ faultsOf: (one) => good.faultsOf(one).map((fault) => ({ ...fault, pointer: 'text' })) }),
  ],
  [
    'refuses what it cannot send, and points to it',
    /faultsOf refuses the content you gave/,
    () => checksOf({ faultsOf: () => good.faultsOf({ text: '☎' }) }),
  ],
  ['says where somebody is reached', /It reaches nobody/, () => checksOf({ addressesOf: () => [] })],
  ['says where somebody is reached', /1 to 500 characters/, () => checksOf({ addressesOf: () => [{ recipient: '' }] })],
  [
    'says where somebody is reached',
    /elsewhere each time/,
    () => checksOf({ addressesOf: () => [{ recipient: `${tick++}` }] }),
  ],
  [
    'says where somebody is reached',
    /none of the party’s/,
    () => checksOf({ addressesOf: () => [{ recipient: 'd1', deviceId: 'd1' }] }),
  ],
  [
    'says where somebody is reached',
    /say usesDevices/,
    () =>
      checksOf(
        { addressesOf: () => [{ recipient: 'd1', deviceId: 'd1' }] },
        {},
        { party: { devices: [{ id: 'd1', kind: 'fcm' }] } },
      ),
  ],
  [
    'says of nobody that they are nowhere',
    /addressesOf threw/,
    () => checksOf({ addressesOf: ({ user }) => [{ recipient: String(user!.metadata.pager) }] }),
  ],
  [
    'says of nobody that they are nowhere',
    /at an address that is empty/,
    () => checksOf({ addressesOf: ({ user }) => [{ recipient: (user?.metadata.pager ?? '') as string }] }),
  ],
  [
    'makes the same message of the same content',
    /another message each time/,
    () => checksOf({ messageOf: ({ text }, { recipient }) => ({ pager: recipient, text: `${text} ${tick++}` }) }),
  ],
  [
    'makes the same message of the same content',
    /Cannot assign to read only property/,
    () =>
      checksOf({
        messageOf: (content, { recipient: pager }) => ({ pager, ...Object.assign(content, { text: 'changed' }) }),
      }),
  ],
];

describe('a broken channel', () => {
  it.each(BROKEN)('fails "%s": %s', async (name, sentence, checks) => {
    const broken = checks().find((one) => one.name === name);

    await expect(broken?.run()).rejects.toThrow(sentence);
  });

  it('breaks each of the promises once at least', () => {
    const names = checksOf({}).map(({ name }) => name);

    expect(names.filter((name) => !BROKEN.some(([broken]) => broken === name))).toEqual([]);
  });
});
