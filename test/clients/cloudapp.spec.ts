import type { Browser } from 'playwright-core';
import { describeWithChromium, launchChromium } from '../support/chromium.js';
import { basicAuth, startTestServer, type TestServer } from '../support/server.js';
import { CloudAppPages, publishedFile, STREAM_ITEMS, type CloudAppPage } from './cloudapp-page.js';

/* The page of the CloudApp API about stream items, in a browser: seed-systems.md, 2.1, rows A1 to A16. */

const OLD_PUSHER = publishedFile('pusher-js-3/dist/pusher.js');

const PUSHER = publishedFile('pusher-js/dist/web/pusher.js')!;

const ITEM = {
  href: 'http://my.cl.ly/items/4257111',
  name: 'CloudApp',
  private: true,
  subscribed: false,
  url: 'http://cl.ly/3f3z1a303l2W1I2h2e3a',
  content_url: 'http://cl.ly/3f3z1a303l2W1I2h2e3a',
  item_type: 'bookmark',
  view_counter: 0,
  icon: 'http://my.cl.ly/images/new/item-types/bookmark.png',
  remote_url: null,
  redirect_url: 'http://getcloudapp.com',
  source: 'Cloud/1.5.1 CFNetwork/520.2.5 Darwin/11.2.0 (x86_64) (MacBookPro5%2C5)',
  created_at: '2010-10-23T19:50:24Z',
  updated_at: '2010-10-23T19:50:39Z',
  deleted_at: null,
};

const ITEMS = '/v1/buckets/default/collections/items/records';

const ANN = { auth: null, headers: { authorization: basicAuth('ann') } };

describeWithChromium('A page that hears of items as CloudApp tells it to [needs chromium]', () => {
  let server: TestServer;
  let browser: Browser;
  let pages: CloudAppPages;
  const open: CloudAppPage[] = [];

  beforeAll(async () => {
    server = await startTestServer({
      ini: `
kinto.includes = kinto.plugins.accounts kinto.plugins.default_bucket pusher-auth
multiauth.policies = account
multiauth.policy.account.use = kinto.plugins.accounts.AccountsPolicy
kinto.account_create_principals = system.Everyone
kinto.pusher.jsonp_enabled = true
`,
    });
    for (const user of ['ann', 'bob']) {
      await server.request('PUT', `/v1/accounts/${user}`, { auth: null, body: { data: { password: 'secret' } } });
    }
    browser = await launchChromium();
    pages = await CloudAppPages.open(browser);
  }, 60_000);
  afterEach(async () => {
    for (const page of open.splice(0)) await page.close();
    await server.request('DELETE', ITEMS, ANN);
  });
  afterAll(async () => {
    await pages.close();
    await browser.close();
    await server.close();
  });

  async function openPage(script: Parameters<CloudAppPages['page']>[0]): Promise<CloudAppPage> {
    const page = await pages.page(script);
    open.push(page);
    return page;
  }

  /** Writes, changes, puts into the trash and deletes an item; each time, what the list has is what the page heard. */
  async function expectItemsAreHeard(page: CloudAppPage): Promise<void> {
    const events: [string, unknown][] = [];
    const listed = async (event: string) => {
      const answer = await server.request('GET', `${ITEMS}?_since=0`, ANN);
      events.push([event, answer.list[0]]);
    };
    await server.request('PUT', `${ITEMS}/one`, { ...ANN, body: { data: ITEM } });
    await listed('create');
    await server.request('PATCH', `${ITEMS}/one`, { ...ANN, body: { data: { view_counter: 1 } } });
    await listed('update');
    const trashed = { deleted_at: '2010-10-24T00:00:00Z' };
    await server.request('PATCH', `${ITEMS}/one`, { ...ANN, body: { data: trashed } });
    await listed('update');
    await server.request('DELETE', `${ITEMS}/one`, ANN);
    await listed('delete');
    await page.until('heard.length >= 4');
    expect(await page.value('heard')).toEqual(events);
    expect(events[0]?.[1]).toMatchObject(ITEM);
    expect(events[2]?.[1]).toMatchObject({ ...ITEM, view_counter: 1, ...trashed });
    expect(events[3]?.[1]).toEqual({ id: 'one', deleted: true, last_modified: expect.any(Number) as number });
  }

  const subscribed = (page: CloudAppPage) => page.until(`itemsChannel.subscribed`);

  (OLD_PUSHER === undefined ? describe.skip : describe)('with pusher-js 3.0.0 [needs pusher-js-3]', () => {
    const HOST = () => `
      Pusher.host = '127.0.0.1';
      Pusher.ws_port = ${server.port};
    `;

    it('hears every change of them, asking for nothing again, by the page’s own words and another host', async () => {
      const page = await openPage({ text: OLD_PUSHER! });
      await page.readAccount(`${server.url}/v1/accounts/ann`, basicAuth('ann'));
      await page.run(HOST() + STREAM_ITEMS);
      await subscribed(page);
      await expectItemsAreHeard(page);
      const path = (url: string) => new URL(url).pathname.replace(/at_[\w-]+$/, '…');
      const ours = page.asked.filter((url) => url.startsWith(server.url));
      expect(ours.map(path)).toEqual(['/v1/accounts/ann', '/v1/pusher/auth/…']);
    });

    it('is told in the page when the login of the address counts no more, and when the channel is another’s', async () => {
      const page = await openPage({ text: OLD_PUSHER! });
      await page.readAccount(`${server.url}/v1/accounts/ann`, basicAuth('ann'));
      const bobs = await server.request('GET', '/v1/realtime', {
        auth: null,
        headers: { authorization: basicAuth('bob') },
      });
      const { channels } = bobs.json.socket as { channels: { items: string } };
      await page.run(`${HOST()}
        Pusher.channel_auth_transport = 'jsonp';
        Pusher.channel_auth_endpoint = account.socket.auth_url;
        observe(new Pusher(account.socket.api_key).subscribe('${channels.items}'));
      `);
      await page.until('said.length > 0');
      expect(await page.value('said')).toMatchObject([['pusher:subscription_error', { status: 403 }]]);
      await page.run(`
        Pusher.channel_auth_endpoint = '${server.url}/v1/pusher/auth/at_nobody';
        observe(new Pusher(account.socket.api_key).subscribe(account.socket.channels.items));
      `);
      await page.until('said.length > 1');
      expect((await page.value<unknown[]>('said'))[1]).toMatchObject(['pusher:subscription_error', { status: 401 }]);
    });
  });

  it('hears them by its own words with the script of this server, whose address is all that is changed', async () => {
    const page = await openPage({ url: `${server.url}/v1/pusher/client.js` });
    await page.readAccount(`${server.url}/v1/accounts/ann`, basicAuth('ann'));
    expect(await page.value('account.socket.client_url')).toBe(`${server.url}/v1/pusher/client.js`);
    await page.run(STREAM_ITEMS);
    await subscribed(page);
    await expectItemsAreHeard(page);
  });

  it('hears them in the form of today, with headers and the sockets’ own address', async () => {
    const page = await openPage({ text: PUSHER });
    await page.readAccount(`${server.url}/v1/realtime?channels=default/items`, basicAuth('ann'));
    await page.run(`
      var socket = account.socket;
      var pusher = new Pusher(socket.api_key, {
        cluster: '', wsHost: socket.host, wsPort: socket.port, forceTLS: socket.tls, enabledTransports: ['ws', 'wss'],
        channelAuthorization: {
          transport: 'ajax', endpoint: '${server.url}/v1/pusher/auth', headers: { authorization: '${basicAuth('ann')}' },
        },
      });
      var itemsChannel = pusher.subscribe(socket.channels['default/items']);
      ['create', 'update', 'delete'].forEach(function (event) {
        itemsChannel.bind(event, function (data) { heard.push([event, data]); });
      });
    `);
    await subscribed(page);
    expect(await page.value('itemsChannel.name')).toMatch(/^private-items;[0-9a-f-]{36};items$/);
    await expectItemsAreHeard(page);
  });

  it('needs nothing but the key with the script of this server, and leaves options to the page', async () => {
    const page = await openPage({ url: `${server.url}/v1/pusher/client.js` });
    await page.readAccount(`${server.url}/v1/`, basicAuth('ann'));
    await page.run(`
      var itemsChannel = new Pusher(account.user.socket.api_key, {
        channelAuthorization: { headers: { authorization: '${basicAuth('ann')}' } },
        userAuthentication: { headers: { authorization: '${basicAuth('ann')}' } },
      }).subscribe(account.user.socket.channels.items);
      itemsChannel.pusher.signin();
      itemsChannel.pusher.bind('pusher:signin_success', function () { said.push('signed in'); });
    `);
    await subscribed(page);
    await page.until('said.length > 0');
    expect(await page.value('itemsChannel.pusher.user.user_data.id')).toBe('account;ann');
    expect(await page.value('itemsChannel.pusher instanceof Pusher')).toBe(true);
  });
});
