import { once } from 'node:events';
import Pusher from 'pusher';
import { WebSocket } from 'ws';
import { openApps } from '../../src/app.channels.js';
import { SettingsError, SettingSource } from '../../src/settings/settings.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { TemporaryStorage } from '../support/temporary-storage.js';
import { eventually } from './support/eventually.js';
import { WebhookReceiver } from './webhooks/support/webhook-receiver.js';

const OWN = `kinto.channels.app_id = 1
kinto.channels.key = own-key
kinto.channels.secret = own-secret
`;
const SHOP = `kinto.channels.apps = shop
kinto.channels.apps.shop.app_id = 2
kinto.channels.apps.shop.key = shop-key
kinto.channels.apps.shop.secret = shop-secret
`;

/** Connects and waits for the first message, or for the end. */
async function connect(server: TestServer, key: string, origin?: string): Promise<WebSocket | number> {
  const headers = origin === undefined ? {} : { origin };
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/app/${key}?protocol=7`, { headers });
  const closed = once(socket, 'close').then(([code]) => code as number);
  return Promise.race([once(socket, 'message').then(() => socket), closed]);
}

function library(server: TestServer, appId: string, name: string): Pusher {
  const [key, secret] = [`${name}-key`, `${name}-secret`];
  return new Pusher({ appId, key, secret, host: '127.0.0.1', port: String(server.port), useTLS: false });
}

describe('Several channels apps', () => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  const start = async (ini: string): Promise<TestServer> => {
    const server = await startTestServer({ ini });
    ends.push(() => server.close());
    return server;
  };
  const receive = async (): Promise<WebhookReceiver> => {
    const receiver = await WebhookReceiver.start();
    ends.push(() => receiver.close());
    return receiver;
  };

  it('have channels of their own under the same names, and secrets of their own', async () => {
    const server = await start(OWN + SHOP);
    const heard: string[] = [];
    for (const key of ['own-key', 'shop-key']) {
      const socket = (await connect(server, key)) as WebSocket;
      socket.on('message', (text: Buffer) => heard.push(`${key} ${text.toString()}`));
      socket.send('{"event":"pusher:subscribe","data":{"channel":"news"}}');
    }
    await eventually(() => heard.filter((text) => text.includes('subscription_succeeded')).length === 2, 'both are in');
    await library(server, '2', 'shop').trigger('news', 'e', 'for the shop');
    await library(server, '1', 'own').trigger('news', 'e', 'for the own');
    await eventually(() => heard.filter((text) => text.includes('for the')).length === 2, 'both have heard');
    expect(heard.filter((text) => text.includes('for the')).map((text) => text.split(' ')[0])).toEqual([
      'shop-key',
      'own-key',
    ]);
    await expect(library(server, '2', 'own').trigger('news', 'e', 'x')).rejects.toMatchObject({ status: 401 });
  });

  it('have origins and a number of connections of their own', async () => {
    const server = await start(
      `${OWN + SHOP}kinto.channels.allowed_origins = https://own.example
kinto.channels.apps.shop.allowed_origins = https://shop.example
kinto.channels.apps.shop.max_connections = 1
`,
    );
    expect(await connect(server, 'shop-key', 'https://own.example')).toBe(4009);
    expect(await connect(server, 'own-key', 'https://shop.example')).toBe(4009);
    const first = await connect(server, 'shop-key', 'https://shop.example');
    expect(first).toBeInstanceOf(WebSocket);
    expect(await connect(server, 'shop-key')).toBe(4004);
    for (let more = 0; more < 2; more += 1) {
      expect(await connect(server, 'own-key', 'https://own.example')).toBeInstanceOf(WebSocket);
    }
    (first as WebSocket).close();
    await once(first as WebSocket, 'close');
    const deadline = performance.now() + 45_000;
    let next = await connect(server, 'shop-key');
    while (next === 4004 && performance.now() < deadline) next = await connect(server, 'shop-key');
    expect(next).toBeInstanceOf(WebSocket);
  });

  it('have the origins of the server when they say nothing', async () => {
    const server = await start(`${OWN + SHOP}kinto.channels.allowed_origins = https://own.example\n`);
    expect(await connect(server, 'shop-key', 'https://shop.example')).toBe(4009);
    expect(await connect(server, 'shop-key', 'https://own.example')).toBeInstanceOf(WebSocket);
  });

  it('have webhooks of their own, signed with their own secret', async () => {
    const receiver = await receive();
    const server = await start(
      `${OWN + SHOP}kinto.channels.webhook_urls = ${receiver.url('/own')}
kinto.channels.apps.shop.webhook_urls = ${receiver.url('/shop')}
kinto.channels.apps.shop.webhook_events = channel_vacated
kinto.channels.webhooks.allow_private_addresses = true
kinto.channels.webhooks.leave_delay = 10
`,
    );
    for (const key of ['own-key', 'shop-key']) {
      const socket = (await connect(server, key)) as WebSocket;
      socket.send('{"event":"pusher:subscribe","data":{"channel":"news"}}');
      await once(socket, 'message');
      socket.close();
    }
    await eventually(() => receiver.told().length === 3, 'both apps are told');
    expect(receiver.told('/own')).toEqual(['channel_occupied news', 'channel_vacated news']);
    expect(receiver.told('/shop')).toEqual(['channel_vacated news']);
    for (const request of receiver.received) {
      const [own, shop] = [library(server, '1', 'own'), library(server, '2', 'shop')];
      expect(own.webhook(request).isValid()).toBe(request.path === '/own');
      expect(shop.webhook(request).isValid()).toBe(request.path === '/shop');
    }
  });
});

describe('The settings of channels apps', () => {
  const temporary = new TemporaryStorage();
  afterAll(() => temporary.remove());
  const read = async (ini: string) => {
    return openApps(SettingSource.fromText(`[app:main]\n${ini}`, { file: 'shop.ini' }), await temporary.open());
  };

  it('are one app of the server’s own without any of them', async () => {
    const [{ app, webhookUrls }, ...others] = await read('');
    expect(app.id).toMatch(/^\d{6}$/);
    expect(app.options).toEqual({
      ...{ clientEvents: true, subscriptionCount: false, allowedOrigins: undefined, maxConnections: 0 },
    });
    expect(webhookUrls).toEqual([]);
    expect(others).toEqual([]);
  });

  it('say what each app may, and of what it is told', async () => {
    const [own, shop] = await read(
      `${OWN + SHOP}kinto.channels.client_events = no
kinto.channels.apps.shop.subscription_count = yes
kinto.channels.apps.shop.webhook_urls = https://a.example/x
  https://b.example/y
kinto.channels.apps.shop.webhook_events = client_event member_added
`,
    );
    expect(own.app.options).toMatchObject({ clientEvents: false, subscriptionCount: false });
    expect(shop?.app.options).toMatchObject({ clientEvents: true, subscriptionCount: true });
    expect(shop?.webhookUrls).toEqual(['https://a.example/x', 'https://b.example/y']);
    expect([...shop!.webhookEvents]).toEqual(['client_event', 'member_added']);
    expect(Object.values(shop!.app.options)).not.toContain('shop-secret');
  });

  const without = (key: string) => (OWN + SHOP).replace(new RegExp(`^kinto.channels.apps.shop.${key} .*\n`, 'm'), '');
  it.each([
    [without('app_id'), 'channels.apps.shop.app_id: is not set: it is needed'],
    [without('key'), 'channels.apps.shop.key: is not set: it is needed'],
    [without('secret'), 'channels.apps.shop.secret: is not set: it is needed'],
    [
      `${without('app_id')}kinto.channels.apps.shop.app_id = 1`,
      'shop.ini line 8: kinto.channels.apps.shop.app_id = 1: the own app of the server has it',
    ],
    [
      `${without('key')}kinto.channels.apps.shop.key = own-key`,
      'shop.ini line 8: kinto.channels.apps.shop.key = own-key: the own app of the server has it',
    ],
    [`${without('app_id')}kinto.channels.apps.shop.app_id = a/b`, 'shop.app_id = a/b: is made of A-Z a-z 0-9 _ -'],
    [OWN.replace(/.*secret.*\n/, ''), 'kinto.channels.app_id, shop.ini line 3: kinto.channels.key: expected all three'],
    ['kinto.pusher.key = k\n', 'shop.ini line 2: kinto.pusher.key: expected all three of app_id, key and secret, or'],
    [
      'kinto.channels.app_id = a/b\nkinto.pusher.key = k\nkinto.pusher.secret = s\n',
      'kinto.channels.app_id, shop.ini line 3: kinto.pusher.key, shop.ini line 4: kinto.pusher.secret: The id of',
    ],
    [`${OWN}kinto.channels.apps = shop shop`, 'kinto.channels.apps = shop shop: has a name twice'],
    [`${OWN}kinto.channels.apps = a.b`, 'kinto.channels.apps = a.b: a name is made of A-Z a-z 0-9 _ -'],
    [`${OWN}kinto.channels.webhook_urls = ftp://a.example`, 'kinto.channels.webhook_urls: expected URLs that begin'],
    [`${OWN}kinto.channels.webhook_urls = http://u:p@a.example`, 'kinto.channels.webhook_urls: expected URLs that'],
    [`${OWN}kinto.channels.webhook_events = channel_painted`, 'channels.webhook_events = channel_painted: expected'],
    [`${OWN}kinto.channels.webhook_events =`, 'channels.webhook_events'],
    [
      `${OWN + SHOP}kinto.channels.apps.shop.max_connections = -1`,
      'shop.max_connections = -1: must not be less than 0',
    ],
  ])('refuse to start, and name the key: %#', async (ini, message) => {
    const reading = read(ini);
    await expect(reading).rejects.toThrow(SettingsError);
    await expect(reading).rejects.toThrow(message);
  });

  it('name the key of two apps that have the same', async () => {
    const third = SHOP.replaceAll('shop.', 'third.').replace(/.*\n/, '').replace('shop-key', 'third-key');
    const reading = read(OWN + SHOP.replace('= shop\n', '= shop third\n') + third);
    await expect(reading).rejects.toThrow('third.app_id = 2: channels.apps.shop.app_id is the same');
  });

  it('refuse an address inside before the start, unless it is allowed', async () => {
    const starting = startTestServer({ ini: `${OWN}kinto.channels.webhook_urls = http://127.0.0.1:1/?t=hidden` });
    await expect(starting).rejects.toThrow(/^test\.ini: channels\.webhook_urls: 127\.0\.0\.1 is a loopback address/);
    await expect(starting).rejects.not.toThrow('hidden');
  });
});
