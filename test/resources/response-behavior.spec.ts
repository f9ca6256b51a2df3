import { make, makeBucket, makeCollection, uriOf } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, type Answer, type TestServer } from '../support/server.js';

const MERGE = 'application/merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';

let server: TestServer;
let records: string;
let record: string;
beforeAll(async () => (server = await startTestServer()));
beforeEach(async () => {
  records = `${await makeCollection(server)}/records`;
  record = `${records}/r`;
  await make(server, record, { data: { a: 1, b: 2, deep: { x: 1 } } });
});
afterAll(() => server.close());

interface Sent {
  readonly body: object;
  readonly type?: string;
}

function patch(behavior: string, { body, type = 'application/json' }: Sent): Promise<Answer> {
  const headers = { 'content-type': type, 'response-behavior': behavior };
  return server.request('PATCH', record, { headers, raw: JSON.stringify(body) });
}

/** Each patch, and what `light` and `diff` show of the object; `NEW` stands for its new timestamp. */
const NEW = -1;
const PATCHES: [sent: Sent, light: object, diff: object][] = [
  [{ body: { data: { a: 1, b: 3, n: 1 } } }, { b: 3, n: 1 }, {}],
  [{ body: { data: { id: 'r', a: 7 } } }, { a: 7 }, {}],
  [{ body: { data: { a: null, none: null } } }, { a: null }, {}],
  [{ body: { data: { last_modified: 1 } } }, { last_modified: NEW }, { last_modified: NEW }],
  [{ body: { permissions: { read: ['x'] } } }, {}, {}],
  [{ body: { data: { deep: { y: 2 }, a: 5 } }, type: MERGE }, { deep: { x: 1, y: 2 }, a: 5 }, { deep: { x: 1, y: 2 } }],
  [{ body: { data: { a: null } }, type: MERGE }, {}, {}],
  [
    { body: [{ op: 'replace', path: '/data/a', value: 9 }], type: JSON_PATCH },
    { a: 9, last_modified: NEW },
    { last_modified: NEW },
  ],
  [{ body: [{ op: 'remove', path: '/data/last_modified' }], type: JSON_PATCH }, {}, {}],
];

describe('Response-Behavior', () => {
  it.each(PATCHES)('light: what %j has changed', async (sent, light) => {
    const answer = await patch('light', sent);
    expect(answer.json).toEqual({ data: withTimestamp(light, answer) });
  });

  it.each(PATCHES)('diff: where %j did not end as it was sent', async (sent, _light, diff) => {
    const answer = await patch('diff', sent);
    expect(answer.json).toEqual({ data: withTimestamp(diff, answer) });
  });

  it.each(['full', '', ' '])('"%s": the whole object and its permissions', async (behavior) => {
    const answer = await patch(behavior, { body: { data: { a: 1 } } });
    expect(answer.data).toEqual({ a: 1, b: 2, deep: { x: 1 }, id: 'r', last_modified: answer.etag });
    expect(answer.json).toHaveProperty('permissions');
  });

  it.each(['LIGHT', 'some', 'light, diff'])('%s is none', async (behavior) => {
    const headers = { 'response-behavior': behavior };
    await scenario(server, ['PATCH', record, { headers, body: { data: { a: 2 } } }], {
      status: 400,
      errno: 107,
      body: {
        details: [
          {
            location: 'header',
            name: 'Response-Behavior',
            description: `"${behavior}" is not one of full, light, diff`,
          },
        ],
      },
      changes: [],
    });
  });

  it('does not matter to a PUT', async () => {
    const headers = { 'response-behavior': 'some' };
    await scenario(server, ['PUT', record, { headers, body: { data: {} } }], {
      status: 200,
      changes: [`update ${uriOf(records)} r`],
    });
  });

  it('does not matter to who is told of the change: they get the whole object', async () => {
    await server.newLogged();
    await patch('light', { body: { data: { a: 2 } } });
    const [logged] = await server.newLogged();
    expect(JSON.parse(logged?.newText ?? '')).toMatchObject({ id: 'r', a: 2, b: 2, deep: { x: 1 } });
  });

  it('works for groups, whose members go on counting', async () => {
    const group = `${await makeBucket(server)}/groups/g`;
    await make(server, group, { data: { members: ['x'] } });
    const ask = { headers: { 'response-behavior': 'light' }, body: { data: { z: 1 } } };
    const answer = await server.request('PATCH', group, ask);
    expect(answer.json).toEqual({ data: { z: 1 } });
    expect((await server.request('GET', group)).data).toMatchObject({ members: ['x'], z: 1 });
  });
});

function withTimestamp(expected: object, { etag }: Answer): object {
  return Object.fromEntries(Object.entries(expected).map(([key, value]) => [key, value === NEW ? etag : value]));
}
