import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import type { JsonObject } from '../../src/wire/json.js';
import { SOCKETIO_INI } from '../listeners/socketio-client.js';
import { BlankPage } from '../support/blank-page.js';
import { describeWithChromium, launchChromium } from '../support/chromium.js';
import { FailingRoad } from '../support/failing-road.js';
import { found } from '../support/found.js';
import { basicAuth, startTestServer, type TestServer } from '../support/server.js';

const COLLECTION = '/buckets/b/collections/c';
const LIST = `/v1${COLLECTION}/records`;

/** What both pages keep, and nothing else: the objects that they know of. */
const STATE = `
  known = new Map();
  const take = (data, isGone) => (isGone ? known.delete(data.id) : known.set(data.id, data));
  const replace = (objects) => {
    known.clear();
    for (const object of objects) known.set(object.id, object);
  };`;

/** A browser connects again by itself, and says where it was. */
const WITH_EVENT_SOURCE = `
  source = new EventSource(server + '${LIST}?_snapshot=true');
  // Its own event of the name "open" has no data.
  const hear = (name, listen) => source.addEventListener(name, ({ data }) => data && listen(JSON.parse(data)));
  hear('open', ({ resumed }) => resumed === 'snapshot' && known.clear());
  hear('snapshot', ({ data }) => replace([...known.values(), ...data]));
  hear('create', ({ data }) => take(data, false));
  hear('update', ({ data }) => take(data, false));
  hear('delete', ({ data }) => take(data, true));
  hear('reset', async () => replace((await (await fetch(server + '${LIST}')).json()).data));`;

/** The client connects again by itself; what it subscribes to, and from where on, the page says. */
const WITH_SOCKET_IO = `
  let position;
  socket = io(server + '/me', { auth: { token: '${basicAuth('mat')}' } });
  socket.on('connect', () => {
    const beginning = position === undefined ? { snapshot: true } : { position };
    socket.emit('subscribe', { key: 'k', uri: '${COLLECTION}', ...beginning }, () => undefined);
  });
  socket.on('snapshot', ({ data }) => replace([...known.values(), ...data]));
  socket.on('snapshotEnd', (end) => (position = end.position));
  socket.on('checkpoint', (checkpoint) => (position = checkpoint.position));
  socket.on('change', (change) => {
    take(change.data, change.match === 'leave');
    position = change.position;
  });
  socket.on('reset', (reset) => {
    position = reset.position;
    socket.emit('command', { id: 'buckets.b.collections.c.records.get' }, (error, { data }) => replace(data));
  });`;

interface Tab {
  readonly page: Page;
  readonly devtools: CDPSession;
}

describeWithChromium('Two tabs of a browser [needs chromium]', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kumocast-tabs-'));
  const ini = `
${SOCKETIO_INI}
kinto.storage_backend = sqlite
kinto.storage_url = ${join(folder, 'tabs.sqlite')}`;
  let browser: Browser;
  let context: BrowserContext;
  let server: TestServer;
  let road: FailingRoad;
  let blank: BlankPage;
  const tabs: Tab[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    server = await startTestServer({ ini });
    await server.request('PUT', '/v1/buckets/b');
    // An EventSource sends no login.
    const permissions = { read: ['system.Everyone'] };
    await server.request('PUT', `/v1${COLLECTION}`, { body: { permissions } });
    road = await FailingRoad.to(server.port);
    blank = await BlankPage.open();
    browser = await launchChromium();
    context = await browser.newContext();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await blank.close();
    await road.close();
    await server.close();
    rmSync(folder, { recursive: true });
  });

  async function open(script: string, library?: string): Promise<void> {
    const page = await context.newPage();
    page.on('pageerror', ({ message }) => complaints.push(message));
    await page.goto(blank.url);
    const server = `http://127.0.0.1:${road.port}`;
    if (library !== undefined) await page.addScriptTag({ url: `${server}${library}` });
    await page.addScriptTag({ content: `server = '${server}';${STATE}${script}` });
    const devtools = await context.newCDPSession(page);
    await devtools.send('Network.enable');
    tabs.push({ page, devtools });
  }

  /** The browser is told so; it leaves what is open as it is, so the road is cut as well. */
  async function setOffline(offline: boolean): Promise<void> {
    if (!offline) road.become('open');
    for (const { page, devtools } of tabs) {
      const unlimited = { latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
      await devtools.send('Network.emulateNetworkConditions', { offline, ...unlimited });
      expect(await page.evaluate('navigator.onLine')).toBe(!offline);
    }
    if (offline) road.become('cut');
  }

  async function stateOf({ page }: Tab): Promise<string> {
    return sorted(JSON.parse(await page.evaluate<string>('JSON.stringify([...known.values()])')) as JsonObject[]);
  }

  async function stored(): Promise<string> {
    return sorted((await server.request('GET', LIST)).list);
  }

  async function expectBothHaveAll(): Promise<void> {
    const there = await stored();
    for (const tab of tabs) {
      let seen = '';
      const isThere = async () => ((seen = await stateOf(tab)) === there ? true : undefined);
      await found(isThere, `${seen} is ${there}`, 80);
    }
  }

  let turn = 0;
  /** Some come, some are changed, and some of each go; also several at once. */
  async function writeSome(): Promise<void> {
    turn += 1;
    const put = (id: string, n: number) => ({ method: 'PUT', path: `${LIST}/${id}`, body: { data: { n, turn } } });
    for (const id of ['a', 'b', 'gone']) expect(await ask(put(id, 1))).toBeLessThan(300);
    expect(await ask({ method: 'DELETE', path: `${LIST}/gone` })).toBe(200);
    const requests = [put(`own-${turn}`, 1), put('b', 2), put(`lost-${turn}`, 1), put('a', 2)];
    expect(await ask({ method: 'POST', path: '/v1/batch', body: { requests } })).toBe(200);
    expect(await ask({ method: 'DELETE', path: `${LIST}/lost-${turn}` })).toBe(200);
  }

  async function ask({ method, path, body }: { method: string; path: string; body?: JsonObject }): Promise<number> {
    return (await server.request(method, path, body === undefined ? {} : { body })).status;
  }

  it('have what the database has, after the network was away, and after another server', async () => {
    await open(WITH_EVENT_SOURCE);
    await open(WITH_SOCKET_IO, '/socket.io/socket.io.js');
    await writeSome();
    await expectBothHaveAll();

    await setOffline(true);
    const before = await stored();
    await writeSome();
    for (const tab of tabs) expect(await stateOf(tab)).toBe(before);
    await setOffline(false);
    await writeSome();
    await expectBothHaveAll();

    await server.close();
    server = await startTestServer({ ini });
    road.leadTo(server.port);
    await writeSome();
    await expectBothHaveAll();
    await writeSome();
    await expectBothHaveAll();
    expect(complaints).toEqual([]);
  }, 300_000);
});

function sorted(objects: readonly JsonObject[]): string {
  const inOrder = (object: JsonObject) => Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));
  const byId = [...objects].sort((a, b) => ((a.id as string) < (b.id as string) ? -1 : 1));
  return JSON.stringify(byId.map(inOrder));
}
