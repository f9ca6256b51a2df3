import type { Browser, Page } from 'playwright-core';
import { AttachmentServer } from '../support/attachment-server.js';
import { describeWithChromium, launchChromium } from '../support/chromium.js';
import { OpenApiChecker } from '../support/openapi-checker.js';
import { makeCollection } from '../support/places.js';
import { startTestServer, type TestServer } from '../support/server.js';

const DOCS = '/v1/__api__/docs';

let server: TestServer;
beforeAll(async () => (server = await startTestServer({ ini: 'kinto.project_name = <b>Shop & Söhne</b>' })));
afterAll(() => server.close());

describe('GET /v1/__api__/docs', () => {
  it('is one page, of which a browser may run nothing but its own script', async () => {
    const { status, headers, text } = await server.request('GET', DOCS, { auth: null });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[\w+/=]+'; style-src 'sha256-[\w+/=]+'; connect-src 'self';/,
    );
    expect(policy).not.toContain('unsafe');
    expect(text).not.toMatch(/<(link|img|iframe)\b|<script src|\son\w+=|\sstyle=/);
  });

  it('takes the settings for text', async () => {
    const { text } = await server.request('GET', DOCS);
    expect(text).toContain('<title>&#60;b&#62;Shop &#38; S&#246;hne&#60;/b&#62;: the HTTP API</title>');
    expect(text).not.toContain('<b>Shop');
  });
});

describeWithChromium('The page of the API in a browser [needs chromium]', () => {
  let browser: Browser;
  let page: Page;
  /** What the browser has complained about, and whom it has asked besides this server. */
  let complaints: string[];
  beforeAll(async () => (browser = await launchChromium()), 60_000);
  afterAll(() => browser.close());
  beforeEach(async () => {
    complaints = [];
    page = await browser.newPage();
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url)) complaints.push(request.url());
    });
    await page.goto(server.url + DOCS);
  });
  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });

  it('has every operation of the document, under the heading it has there', async () => {
    const { operations } = await OpenApiChecker.of(server);
    const [methods, paths] = await Promise.all(
      ['.method', '.path'].map((part) => page.locator(`.operation > summary ${part}`).allTextContents()),
    );
    const shown = methods!.map((method, index) => `${method} ${paths![index]!}`);
    // Where HEAD says no more than GET, the page leaves it at that.
    const withoutHead = (all: readonly string[]) => all.filter((operation) => !operation.startsWith('HEAD ')).sort();
    expect(withoutHead(shown)).toEqual(withoutHead(operations));
    expect(shown).toContain('HEAD /buckets');
    const headings = await page.locator('main h3').allTextContents();
    expect(headings).toEqual(
      expect.arrayContaining(['Utilities', 'Batch', 'Buckets', 'Groups', 'Collections', 'Records']),
    );
    expect(headings.at(-1)).toBe('Errors');
  });

  it('can be used with the keyboard alone', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('put /groups');
    expect(await page.locator('.operation:visible').count()).toBe(1);
    await page.locator('#update_group > summary').focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('#update_group .inside').isVisible()).toBe(true);
    expect(await page.locator('#update_group').innerText()).toMatch(/members\s+list of string/);
    await page.locator('#filter').fill('no such thing');
    expect(await page.locator('#nothing').isVisible()).toBe(true);
  });

  it('opens what its address names', async () => {
    await page.goto(`${server.url}${DOCS}#patch_record`);
    await page.reload();
    expect(await page.locator('#patch_record .inside').isVisible()).toBe(true);
    expect(await page.locator('#get_record .inside').isVisible()).toBe(false);
  });

  it('writes the curl command of what is filled in, in the quotes of a shell', async () => {
    await page.fill('#user', 'mat');
    await page.fill('#password', "it's");
    await page.locator('#get_records > summary').click();
    const form = page.locator('#get_records form');
    await form.locator('[name=bucket_id]').fill('b c');
    await form.locator('[name=collection_id]').fill('c');
    await form.locator('[name=_limit]').fill('5');
    await form.locator('[data-in=filters]').fill('min_age=18');
    await form.locator('[name=If-None-Match]').fill('"7"');
    const command = (await form.locator('.command code').innerText()).replace(/ \\\n\s*/g, ' ');
    const url = `${server.url}/v1/buckets/b%20c/collections/c/records?_limit=5&min_age=18`;
    expect(command).toBe(`curl -u 'mat:it'\\''s' -H 'If-None-Match: "7"' '${url}'`);
  });

  it('sends requests, as whoever is named, and shows what comes back', async () => {
    const [, bucket] = /buckets\/(\w+)/.exec(await makeCollection(server)) ?? [];
    await page.fill('#user', 'mat');
    await page.fill('#password', 'secret');
    await page.locator('#update_record > summary').click();
    const form = page.locator('#update_record form');
    const fields = { bucket_id: bucket!, collection_id: 'c', id: 'r' };
    for (const [name, text] of Object.entries(fields)) await form.locator(`[name=${name}]`).fill(text);
    await form.locator('textarea').fill('{"data": {"name": "x"}}');
    await form.locator('[type=submit]').click();
    const output = form.locator('output pre');
    await output.waitFor();
    expect(await form.locator('output').innerText()).toMatch(/^201 Created/);
    expect(await output.innerText()).toContain('"name": "x"');
    const record = await server.request('GET', `/v1/buckets/${bucket!}/collections/c/records/r`);
    expect(record.data).toMatchObject({ name: 'x' });
  });

  it('shows values where there are few, and explains no JSON Schema', async () => {
    await page.locator('#patch_collection > summary').click();
    const text = await page.locator('#patch_collection').innerText();
    expect(text).toContain('full | light | diff');
    expect(text).toMatch(/schema\s+JSON Schema\s/);
    expect(text).not.toContain('patternProperties');
    expect((await page.content()).length).toBeLessThan(500_000);
  });

  it('runs no script but its own', async () => {
    const hasRun = await page.evaluate(`(() => {
      const script = document.createElement('script');
      script.textContent = 'window.hasRun = true';
      document.body.append(script);
      return 'hasRun' in window;
    })()`);
    expect(hasRun).toBe(false);
    expect(complaints.splice(0).join()).toContain('Content Security Policy');
  });

  it.each([
    ['light', 'rgb(255, 255, 255)'],
    ['dark', 'rgb(20, 23, 29)'],
  ] as const)('follows the reader’s colours: %s', async (colorScheme, paper) => {
    await page.emulateMedia({ colorScheme });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(paper);
  });

  it('fits on a telephone', async () => {
    await page.setViewportSize({ width: 360, height: 640 });
    await page.locator('#get_records > summary').click();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  });

  it('keeps what is typed to itself', async () => {
    await page.fill('#user', 'mat');
    await page.fill('#password', 'secret');
    await page.reload();
    expect(await page.inputValue('#user')).toBe('');
    const kept = await page.evaluate('JSON.stringify([localStorage, sessionStorage, document.cookie])');
    expect(kept).toBe('[{},{},""]');
  });
});

describeWithChromium('The page of a server with plugins, in a browser [needs chromium]', () => {
  it('sends files, and writes the curl command for them', async () => {
    const attachments = await AttachmentServer.start();
    const browser = await launchChromium();
    try {
      const collection = await makeCollection(attachments.server);
      const [, bucket] = /buckets\/(\w+)/.exec(collection) ?? [];
      const page = await browser.newPage();
      await page.goto(attachments.server.url + DOCS);
      await page.fill('#user', 'mat');
      await page.fill('#password', 'secret');
      await page.locator('#create_attachment > summary').click();
      const form = page.locator('#create_attachment form');
      const fields = { bucket_id: bucket!, collection_id: 'c', id: 'r', data: '{"n": 1}' };
      for (const [name, text] of Object.entries(fields)) await form.locator(`[name=${name}]`).fill(text);
      await form.locator('[name=attachment]').setInputFiles({
        ...{ name: 'hello.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') },
      });
      const command = await form.locator('.command code').innerText();
      expect(command).toContain("-F 'attachment=@hello.txt'");
      expect(command).toContain(`--form-string 'data={"n":1}'`);
      await form.locator('[type=submit]').click();
      await form.locator('output pre').waitFor();
      expect(await form.locator('output').innerText()).toMatch(/^201 Created/);
      const { data } = await attachments.server.request('GET', `/v1/buckets/${bucket!}/collections/c/records/r`);
      expect(data).toMatchObject({ n: 1, attachment: { filename: 'hello.txt', size: 5 } });
    } finally {
      await browser.close();
      await attachments.close();
    }
  });
});
