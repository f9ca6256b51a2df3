import type { Browser, Page } from 'playwright-core';
import { SOCKETIO_INI } from '../listeners/socketio-client.js';
import { BlankPage } from '../support/blank-page.js';
import { describeWithChromium, launchChromium } from '../support/chromium.js';
import { FakeIdentityProvider } from '../support/fake-identity-provider.js';
import { found } from '../support/found.js';
import { startTestServer, type TestServer } from '../support/server.js';

/*
 * What Pryv's page about Socket.IO has its readers write, word for word but for the bodies of the handlers, which are
 * comments there.
 */

const LIBRARY = 'https://{username}.pryv.io/socket.io/socket.io.js';

const CONNECT = `var socket = io.connect("https://mathurin.pryv.io:443/mathurin?auth=TVVro8e8T5&resource=/mathurin")`;

const COMMAND = `
socket.emit('command', {id: '{id}', params: {/*parameters*/}}, function (error, data) {
  answers.push([error, data]);
});`;

const SORTED = `
var cmdData = {
  id: '{channel-id}.events.get',
  params: {
    sortAscending: true
  }
};
socket.emit('command', cmdData, function (error, data) {
  answers.push([error, data]);
});`;

const CHANGED = `
socket.on('eventsChanged', function() {
  changed += 1;
});`;

const DIARY = 'buckets.mine.collections.diary';

describeWithChromium('A page that is written as Pryv tells it to [needs chromium]', () => {
  let provider: FakeIdentityProvider;
  let server: TestServer;
  let blank: BlankPage;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    provider = await FakeIdentityProvider.open();
    provider.profiles.set('TVVro8e8T5', { sub: 'mathurin' });
    server = await startTestServer({
      ini: `
${SOCKETIO_INI}
multiauth.policies = people
multiauth.policy.people.use = openid
multiauth.policy.people.issuer = ${provider.issuer}
multiauth.policy.people.client_id = kumocast
multiauth.policy.people.client_secret = secret`,
    });
    blank = await BlankPage.open();
    browser = await launchChromium();
    page = await browser.newPage();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await blank.close();
    await server.close();
    await provider.close();
  });

  /** The snippet with other names, and nothing else. */
  function renamed(snippet: string, names: Readonly<Record<string, string>> = {}): string {
    const all = { 'https://mathurin.pryv.io:443': server.url, 'https://{username}.pryv.io': server.url, ...names };
    return Object.entries(all).reduce((text, [old, name]) => text.replaceAll(old, name), snippet);
  }

  function run(snippet: string, names?: Readonly<Record<string, string>>): Promise<unknown> {
    return page.addScriptTag({ content: renamed(snippet, names) });
  }

  let answered = 0;
  /** What its callback was called with. */
  async function answerTo(snippet: string, names: Readonly<Record<string, string>>): Promise<unknown> {
    await run(snippet, names);
    answered += 1;
    const isThere = async () => ((await page.evaluate(`answers.length`)) === answered ? true : undefined);
    await found(isThere, `an answer to ${snippet}`);
    return page.evaluate(`answers.at(-1)`);
  }

  it('works, with only the names changed', async () => {
    await page.goto(blank.url);
    await page.addScriptTag({ url: renamed(LIBRARY) });
    await page.addScriptTag({ content: 'answers = []; changed = 0;' });
    await run(CONNECT);
    await run(CHANGED);
    const made = (id: string, name: string) => ({ '{id}': id, '/*parameters*/': name });
    expect(await answerTo(COMMAND, made('buckets.mine.replace', ''))).toMatchObject([null, { data: { id: 'mine' } }]);
    await answerTo(COMMAND, made(`${DIARY}.replace`, ''));
    expect(await page.evaluate('changed')).toBe(0);
    for (const title of ['second', 'first']) {
      const given = made(`${DIARY}.records.create`, `title: '${title}'`);
      expect(await answerTo(COMMAND, given)).toMatchObject([null, { data: { title } }]);
    }
    await found(async () => (Number(await page.evaluate('changed')) > 0 ? true : undefined), 'eventsChanged');
    const names = { '{channel-id}.events': `${DIARY}.records`, 'sortAscending: true': `_sort: 'title'` };
    const sorted = [null, { data: [{ title: 'first' }, { title: 'second' }] }];
    expect(await answerTo(SORTED, names)).toMatchObject(sorted);
    const refusal = [{ code: 404, errno: 110 }];
    expect(await answerTo(COMMAND, made(`${DIARY}.records.none.get`, ''))).toMatchObject(refusal);
  });
});
