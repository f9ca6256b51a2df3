import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { startServer, type ChannelsServer } from '../realtime/support/channels-server.js';
import { KitServer, makeKit } from '../realtime/support/stock-kit.js';
import { SCENARIOS } from '../realtime/support/stock-scenarios.js';
import { describeWithChromium, launchChromium } from '../support/chromium.js';

/* The acceptance checklist of pusher-protocol.md, 11, with pusher-js as browsers load it. */

const PUSHER_JS = createRequire(import.meta.url).resolve('pusher-js/dist/web/pusher-with-encryption.js');

describeWithChromium('The stock client in a browser [needs chromium]', () => {
  let browser: Browser;
  let server: ChannelsServer;
  let page: Page;
  const complaints: string[] = [];
  beforeAll(async () => (browser = await launchChromium()), 60_000);
  afterAll(() => browser.close());
  beforeEach(async () => {
    server = await startServer();
    page = await browser.newPage();
    complaints.length = 0;
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${server.http}/up`);
    await page.addScriptTag({ path: PUSHER_JS });
  });
  afterEach(async () => {
    await page.close();
    await server.close();
  });

  it.each(SCENARIOS.map((scenario) => [scenario.row, scenario.title, scenario] as const))(
    'row %i: %s',
    async (_row, _title, { run, given = [], expected }) => {
      const { settings, sign, backend, closeAs } = new KitServer(server);
      await page.exposeFunction('sign', sign);
      await page.exposeFunction('backend', backend);
      await page.exposeFunction('closeAs', closeAs);
      const script = `(async () => {
        const place = { Pusher, settings: ${JSON.stringify(settings())}, sign, backend, closeAs, options: {}, clients: [] };
        const kit = (${textOf(makeKit)})(place);
        return JSON.stringify(await (${textOf(run)})(kit, ...${JSON.stringify(given)}));
      })()`;
      expect(JSON.parse(await page.evaluate<string>(script))).toEqual(expected);
      expect(complaints).toEqual([]);
    },
  );
});

/** As an expression, whether it was written as a function or as a method. */
function textOf(one: (...given: never[]) => unknown): string {
  const text = one.toString();
  return /^(async )?(function|\()/.test(text) ? text : text.replace(/^(async )?/, '$1function ');
}
