import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AttachmentServer, formAsk, rawForm, type Posted } from '../support/attachment-server.js';
import { make } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { USER_IDS, type Answer, type Ask, type TestServer } from '../support/server.js';

const COLLECTION = '/v1/buckets/b/collections/c';
const RECORD = `${COLLECTION}/records/r`;
const AT = `${RECORD}/attachment`;
const HELLO = '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03';
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const CREATED = ['create /buckets/b/collections/c/records r'];
const UPDATED = ['update /buckets/b/collections/c/records r'];

let at: AttachmentServer;
let server: TestServer;

beforeEach(async () => {
  at = await AttachmentServer.start('attachment.base_url = https://cdn.example/files');
  server = at.server;
  await make(server, '/v1/buckets/b');
  await make(server, COLLECTION);
});
afterEach(() => at.close());

describe('A file', () => {
  it('is attached to a record, which is made for it', async () => {
    const answer = await scenario(server, ['POST', AT, await formAsk({ data: { a: 1 } })], {
      status: 201,
      headers: { location: `${server.url}${RECORD}`, 'cache-control': null },
      changes: CREATED,
    });
    expect(answer.json).toEqual({
      filename: 'hello.txt',
      location: expect.stringMatching(new RegExp(`^https://cdn.example/files/${UUID}\\.txt$`)) as unknown,
      hash: HELLO,
      mimetype: 'text/plain',
      size: 6,
    });
    const record = await server.request('GET', RECORD);
    expect(record.json).toMatchObject({
      data: { id: 'r', a: 1, attachment: answer.json },
      permissions: { write: [USER_IDS.mat] },
    });
    expect(record.etag).toBe(answer.etag);
    expect(at.files).toEqual([(answer.json.location as string).slice('https://cdn.example/files/'.length)]);
    expect(readFileSync(join(at.directory, at.files[0]!), 'utf8')).toBe('hello\n');
  });

  it('takes the place of the one before, and leaves the rest of the record as it was', async () => {
    await attach({ data: { a: 1 }, permissions: { read: ['system.Everyone'] } });
    const [first] = at.files;
    const answer = await scenario(server, ['POST', AT, await formAsk({ content: 'other', data: { b: 2 } })], {
      status: 200,
      body: { size: 5 },
      changes: UPDATED,
    });
    await at.untilFiles(1);
    expect(at.files).not.toContain(first);
    const { json } = await server.request('GET', RECORD, { auth: null });
    expect(json.data).toMatchObject({ a: 1, b: 2, attachment: answer.json });
  });

  it('may be PUT as well', async () => {
    await scenario(server, ['PUT', AT, await formAsk()], { status: 201, changes: CREATED });
    await scenario(server, ['PUT', AT, await formAsk()], { status: 200, changes: UPDATED });
    await at.untilFiles(1);
  });

  it('is kept byte for byte, whatever is in it', async () => {
    const content = new Uint8Array(200_000).map((_, index) => (index * 7919) % 256);
    content.set(new TextEncoder().encode('\r\n--boundary--\r\n'), 1000);
    const answer = await attach({ content, filename: 'a.pdf', type: 'application/pdf' });
    expect(answer.json).toMatchObject({ size: 200_000, hash: createHash('sha256').update(content).digest('hex') });
    expect(readFileSync(join(at.directory, at.files[0]!)).equals(content)).toBe(true);
  });

  it('leaves the record when it is deleted, and then the disk', async () => {
    await attach({ data: { a: 1 } });
    await scenario(server, ['DELETE', AT], { status: 204, changes: UPDATED, headers: { 'content-type': null } });
    await scenario(server, ['GET', RECORD], { status: 200, body: { data: { a: 1, attachment: null } } });
    await at.untilFiles(0);
    await scenario(server, ['DELETE', AT], { status: 204, changes: UPDATED });
    await scenario(server, ['DELETE', `${COLLECTION}/records/none/attachment`], { status: 404, errno: 110 });
  });

  it.each([RECORD, `${COLLECTION}/records`, COLLECTION, '/v1/buckets/b/collections', '/v1/buckets/b', '/v1/buckets'])(
    'goes when %s is deleted, and no other file goes with it',
    async (path) => {
      await make(server, '/v1/buckets/b0');
      await make(server, '/v1/buckets/b0/collections/c');
      await attach({}, {}, '/v1/buckets/b0/collections/c/records/r/attachment');
      await make(server, `${COLLECTION}0`);
      await attach({}, {}, `${COLLECTION}0/records/r/attachment`);
      await attach({}, {}, `${RECORD}0/attachment`);
      await attach();
      const gone = { [RECORD]: 1, [`${COLLECTION}/records`]: 2, [COLLECTION]: 2 }[path];
      const expected = gone === undefined ? ({ '/v1/buckets': 0 }[path] ?? 1) : 4 - gone;
      // The list of buckets has those that mat may write: both.
      const { status } = await server.request('DELETE', path);
      expect(status).toBe(200);
      await at.untilFiles(expected);
    },
  );

  it('stays when what would let it go is refused', async () => {
    await attach();
    await scenario(server, ['DELETE', RECORD, { headers: { 'if-match': '"1"' } }], { status: 412 });
    await scenario(server, ['DELETE', AT, { headers: { 'if-match': '"1"' } }], { status: 412 });
    await scenario(server, ['DELETE', AT, { auth: 'bob' }], { status: 403 });
    await scenario(server, ['DELETE', AT, { auth: null }], { status: 401 });
    await at.untilFiles(1);
    expect((await server.request('GET', RECORD)).data.attachment).toBeTruthy();
  });

  it('can be let go of in a batch', async () => {
    await attach();
    const body = { requests: [{ method: 'DELETE', path: AT }] };
    const { json } = await server.request('POST', '/v1/batch', { body });
    expect(json.responses).toMatchObject([{ status: 204 }]);
    await at.untilFiles(0);
  });

  it('belongs into the default bucket, too', async () => {
    const answer = await attach({}, {}, '/v1/buckets/default/collections/tasks/records/r/attachment');
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toMatch(
      new RegExp(`^${server.url}/v1/buckets/${UUID}/collections/tasks/records/r$`),
    );
    expect((await server.request('GET', '/v1/buckets/default/collections/tasks/records/r')).data.attachment).toEqual(
      answer.json,
    );
  });
});

describe('What a record says of its file', () => {
  it.each(['PUT', 'PATCH'])('cannot be made up by %s', async (method) => {
    const { json } = await attach();
    const data = { attachment: { ...json, location: 'https://evil.example/' } };
    await scenario(server, [method, RECORD, { body: { data } }], {
      status: 400,
      errno: 999,
      body: { message: 'Attachment metadata cannot be modified.' },
    });
    expect((await server.request('GET', RECORD)).data.attachment).toEqual(json);
    await at.untilFiles(1);
  });

  it('may be sent back as it is, in any order, and left out', async () => {
    const { json } = await attach();
    const reversed = Object.fromEntries(Object.entries(json).reverse());
    await scenario(server, ['PUT', RECORD, { body: { data: { attachment: reversed, n: 1 } } }], {
      status: 200,
      changes: UPDATED,
    });
    await scenario(server, ['PUT', RECORD, { body: { data: { n: 2 } } }], { status: 200, changes: UPDATED });
    await at.untilFiles(1);
    await attach({ content: 'again' });
    await at.untilFiles(1);
  });

  it('is not believed when the record had no file: nobody else’s goes with it', async () => {
    const { json } = await attach();
    const thief = `${COLLECTION}/records/thief`;
    await make(server, thief, { data: { attachment: json } });
    await scenario(server, ['DELETE', `${thief}/attachment`], {
      status: 204,
      changes: ['update /buckets/b/collections/c/records thief'],
    });
    await server.request('DELETE', thief);
    await attach({ filename: 'other.txt' }, {}, `${COLLECTION}/records/other/attachment`);
    expect(at.files).toHaveLength(2);
    expect(at.files).toContain((json.location as string).split('/').at(-1));
  });
});

describe('A file is refused', () => {
  const expectNothing = async () => {
    await at.untilFiles(0);
    expect((await server.request('HEAD', RECORD)).status).toBe(404);
  };

  it.each([
    [null, 401],
    ['bob', 403],
  ] as const)('from %s, before anything is written', async (auth, status) => {
    await scenario(server, ['POST', AT, await formAsk({}, { auth })], { status });
    await expectNothing();
    await attach();
    await scenario(server, ['POST', AT, await formAsk({}, { auth })], { status });
    await at.untilFiles(1);
  });

  it('from whoever may only create, once the record is there', async () => {
    await server.request('PATCH', COLLECTION, { body: { permissions: { 'record:create': [USER_IDS.bob] } } });
    await scenario(server, ['POST', AT, await formAsk({}, { auth: 'bob' })], { status: 201, changes: CREATED });
    const own = await formAsk({ content: 'mine' }, { auth: 'bob' });
    await scenario(server, ['POST', AT, own], { status: 200, changes: UPDATED });
    await attach({}, {}, `${COLLECTION}/records/mats/attachment`);
    await scenario(server, ['POST', `${COLLECTION}/records/mats/attachment`, own], { status: 403 });
    await at.untilFiles(2);
  });

  it.each([
    ['/v1/buckets/b/collections/none/records/r/attachment', 404],
    ['/v1/buckets/none/collections/c/records/r/attachment', 403],
    [`${COLLECTION}/records/a%20b/attachment`, 400],
  ])('at %s', async (path, status) => {
    await scenario(server, ['POST', path, await formAsk()], { status });
    await scenario(server, ['POST', path, await formAsk({}, { auth: null })], { status: 401 });
    await expectNothing();
  });

  it.each<[string, Posted, string]>([
    ['an extension that is not listed', { filename: 'virus.exe' }, 'body: File extension is not allowed.'],
    ['no extension', { filename: 'virus' }, 'body: File extension is not allowed.'],
    ['one in the middle only', { filename: 'a.txt.exe' }, 'body: File extension is not allowed.'],
    ['a data that is no object', { data: [1] }, 'body: data should be a JSON object'],
    ['permissions that are no object', { permissions: 3 }, 'body: permissions should be a JSON object'],
    [
      'permissions that there are not',
      { permissions: { fly: ['a'] } },
      'permissions in body: "fly" is not one of read, write',
    ],
    ['another id', { data: { id: 'x' } }, 'Object id does not match existing object'],
  ])('with %s', async (_title, posted, message) => {
    await scenario(server, ['POST', AT, await formAsk(posted)], { status: 400, body: { message } });
    await expectNothing();
  });

  const forms: Record<string, [(form: FormData) => void, string, number]> = {
    'no attachment': [(form) => form.append('data', '{}'), 'Attachment missing.', 109],
    'a text for a file': [(form) => form.append('attachment', 'text'), 'body: Filename is required.', 107],
    'a file without a name': [
      (form) => form.append('attachment', new Blob(['x']), ''),
      'body: Filename is required.',
      107,
    ],
    'data that is no JSON': [
      (form) => (appendFile(form), form.append('data', '{>a: 1}')),
      'body: data is not valid JSON (',
      109,
    ],
    'data in a file': [
      (form) => (appendFile(form), form.append('data', new Blob(['{}']), 'data.json')),
      "body: 'data' field should be passed as form data, not files",
      109,
    ],
    'another field': [
      (form) => (appendFile(form), form.append('other', '1')),
      "body: 'other' not in ('data', 'permissions')",
      109,
    ],
    'very many fields': [
      (form) => {
        appendFile(form);
        for (let index = 0; index < 50; index++) form.append(`field${index}`, '1');
      },
      'Invalid multipart form.',
      107,
    ],
  };

  it.each(Object.keys(forms))('in a form with %s', async (title) => {
    const [fill, message, errno] = forms[title]!;
    const form = new FormData();
    fill(form);
    const { json } = await scenario(server, ['POST', AT, await rawForm(form)], { status: 400, errno });
    expect((json.message as string).slice(0, message.length)).toBe(message);
    await expectNothing();
  });

  it.each([
    ['application/json', '{}', 'Content-Type should be multipart/form-data'],
    ['multipart/form-data', '{}', 'Invalid multipart form.'],
    ['multipart/form-data; boundary=x', '', 'Invalid multipart form.'],
    [
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="attachment"; filename="a.txt"\r\n\r\nhalf',
      'Invalid multipart form.',
    ],
  ])('as %s with the body %j', async (type, raw, message) => {
    await scenario(server, ['POST', AT, { raw, headers: { 'content-type': type } }], {
      status: 400,
      body: { error: 'Bad Request', message },
    });
    await expectNothing();
  });

  it('when the record is not as the client thinks', async () => {
    await attach();
    const [file] = at.files;
    for (const headers of [{ 'if-match': '"1"' }, { 'if-none-match': '*' }]) {
      await scenario(server, ['POST', AT, await formAsk({}, { headers })], { status: 412, errno: 114 });
    }
    await at.untilFiles(1);
    expect(at.files).toEqual([file]);
  });
});

describe('The endpoint', () => {
  it('takes no other methods', async () => {
    for (const method of ['GET', 'PATCH']) {
      await scenario(server, [method, AT], { status: 405, headers: { allow: 'POST, PUT, DELETE, OPTIONS' } });
    }
  });

  it('is told by hello, and watched by the heartbeat', async () => {
    const { json } = await server.request('GET', '/v1/');
    expect(json.capabilities).toMatchObject({
      attachments: {
        description: 'Add file attachments to records',
        url: 'https://github.com/Kinto/kinto-attachment/',
        version: '8.0.0',
        base_url: 'https://cdn.example/files/',
      },
    });
    await scenario(server, ['GET', '/v1/__heartbeat__'], { status: 200, body: { attachments: true } });
    await at.untilFiles(0);
  });
});

function appendFile(form: FormData): void {
  form.append('attachment', new Blob(['hello\n'], { type: 'text/plain' }), 'hello.txt');
}

async function attach(posted: Posted = {}, ask: Ask = {}, path = AT): Promise<Answer> {
  const answer = await server.request('POST', path, await formAsk(posted, ask));
  if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
  return answer;
}
