import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { anApp, type TestApp } from '../support/app.js';
import { aSocket, TRANSPORTS } from '../support/sockets.js';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await anApp();
  client = await aClient(app);
}, 60_000);

afterAll(() => app.close());

describe.each(TRANSPORTS)('a conversation over %s', (transport) => {
  it('brings a message to the other member after it is stored', async () => {
    const [ann, bob] = await Promise.all([client.login('ann'), client.login('bob')]);
    const roomId = await aRoom(client, { type: 'group', members: ['ann', 'bob'] });
    const hers = await aSocket(transport, app.url, ann.apiKey);
    const his = await aSocket(transport, app.url, bob.apiKey);

    const { ok } = await hers.command('message.send', { roomId, content: 'Hello, Bob' });
    const heard = await his.hears('message.created');

    expect(ok).toMatchObject({ duplicate: false, message: { content: 'Hello, Bob', senderId: 'ann', seq: 1 } });
    expect(heard).toMatchObject({ roomId, offset: 2, data: ok.message });
    hers.close();
    his.close();
  });
});
