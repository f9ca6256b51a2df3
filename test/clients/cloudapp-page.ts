import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';

const require = createRequire(import.meta.url);

/** The file of a published package; `undefined` where the package is not installed. */
export function publishedFile(name: string): string | undefined {
  try {
    return readFileSync(require.resolve(name), 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * What CloudApp's page about stream items has its readers write, word for word but for the bodies of the handlers, which
 * are empty there. `account` holds the account details.
 */
export const STREAM_ITEMS = `
  // Use JSONP because it's a cross-domain request.
  Pusher.channel_auth_transport = 'jsonp';
  Pusher.channel_auth_endpoint  = account.socket.auth_url;

  var itemsChannel = new Pusher(account.socket.api_key)
                           .subscribe(account.socket.channels.items)

  itemsChannel.bind('create', function(data) { heard.push(['create', data]); });
  itemsChannel.bind('update', function(data) { heard.push(['update', data]); });
  itemsChannel.bind('delete', function(data) { heard.push(['delete', data]); });
`;

/** What was heard, and what the page does to be observed. */
const OBSERVED = `
  heard = [];
  said = [];
  function observe(channel) {
    ['pusher:subscription_succeeded', 'pusher:subscription_error'].forEach(function (name) {
      channel.bind(name, function (data) { said.push([name, data]); });
    });
  }
`;

/** Web pages at an origin of their own, which is none of the server's. */
export class CloudAppPages {
  private constructor(
    private readonly browser: Browser,
    private readonly server: Server,
    private readonly scripts: Map<string, string>,
  ) {}

  static async open(browser: Browser): Promise<CloudAppPages> {
    const scripts = new Map<string, string>();
    const server = createServer((request, response) => {
      const script = scripts.get(request.url ?? '');
      if (script !== undefined) response.setHeader('content-type', 'application/javascript').end(script);
      else if (request.url === '/')
        response.setHeader('content-type', 'text/html').end('<!doctype html><title>Items</title>');
      else response.writeHead(404).end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new CloudAppPages(browser, server, scripts);
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** @param script where the library is, or what it is */
  async page(script: { url: string } | { text: string }): Promise<CloudAppPage> {
    const page = await this.browser.newPage();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    // Old versions count how they fare at their maker's; nothing here leaves the machine.
    await page.route(/pusher\.com/, (route) => route.abort());
    await page.goto(`${this.origin}/`);
    if ('text' in script) this.scripts.set('/pusher.js', script.text);
    await page.addScriptTag({ url: 'url' in script ? script.url : '/pusher.js' });
    await page.addScriptTag({ content: OBSERVED });
    return new CloudAppPage(page, asked);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** One of them, in a browser. */
export class CloudAppPage {
  constructor(
    private readonly page: Page,
    /** The addresses that it asked. */
    readonly asked: readonly string[],
  ) {}

  /** Gets JSON from the server as somebody, and keeps it as `account`. */
  async readAccount(url: string, authorization: string): Promise<void> {
    await this.page.evaluate(
      `fetch(${JSON.stringify(url)}, { headers: { authorization: ${JSON.stringify(authorization)} } })
        .then(function (response) { return response.json(); })
        .then(function (json) { account = json; })`,
    );
  }

  run(script: string): Promise<unknown> {
    return this.page.addScriptTag({ content: script });
  }

  value<T>(expression: string): Promise<T> {
    return this.page.evaluate<T>(expression);
  }

  /** What the expression has come to be, once it is true of anything. */
  async until<T>(expression: string): Promise<T> {
    const handle = await this.page.waitForFunction(expression, undefined, { timeout: 30_000, polling: 50 });
    return (await handle.jsonValue()) as T;
  }

  close(): Promise<void> {
    return this.page.close();
  }
}
