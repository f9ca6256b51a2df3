import { startServer, type RunningServer } from '../../src/app.server.js';
import { countBucket } from '../../src/plugins/quotas/count-usage.js';
import { NOTHING } from '../../src/plugins/quotas/usage.js';
import { BUCKET_ROW, collectionRow, UsageRows } from '../../src/plugins/quotas/usage-rows.js';
import { SettingSource } from '../../src/settings/settings.js';
import { basicAuth } from '../support/server.js';

const INI = `
[app:main]
multiauth.policies = basicauth
kinto.includes = kinto.plugins.quotas kinto.plugins.history
kinto.storage_backend = memory
kinto.log_level = fatal
kinto.quotas.collection_max_items = 4
kinto.quotas.bucket_max_bytes = 1500
`;

interface Step {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
}

let server: RunningServer;
beforeAll(async () => {
  server = await startServer(SettingSource.fromText(INI, { file: 'test.ini' }), { port: 0 });
});
afterAll(() => server.close());

async function send({ method, path, body }: Step): Promise<number> {
  const response = await fetch(server.url + path, {
    method,
    headers: { authorization: basicAuth('mat'), 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  await response.arrayBuffer();
  return response.status;
}

/** The same numbers for the same seed: a walk that fails can be walked again. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function randomStep(random: (below: number) => number): Step {
  const bucket = `/v1/buckets/b${random(2)}`;
  const collection = `${bucket}/collections/c${random(2)}`;
  const record = `${collection}/records/r${random(3)}`;
  const group = `${bucket}/groups/g`;
  const place = [bucket, collection, collection, group, record, record, record, record, record][random(9)]!;
  const data = { members: [], text: ['x', 'é', '😀'][random(3)]!.repeat(random(40)) };
  const kind = random(10);
  if (kind === 0) return { method: 'DELETE', path: `${collection}/records` };
  if (kind === 1) return { method: 'DELETE', path: place };
  if (kind < 5) return { method: 'PATCH', path: place, body: { data } };
  return { method: 'PUT', path: place, body: { data } };
}

/** What is kept, and what there is. */
async function keptAndCounted(bucketId: string) {
  return server.storage.write(async (unit) => {
    const rows = new UsageRows(unit, `/buckets/${bucketId}`);
    const counted = await countBucket(unit, bucketId);
    const ids = ['c0', 'c1'];
    const kept = await Promise.all(ids.map((id) => rows.find(collectionRow(id))));
    return {
      kept: [(await rows.find(BUCKET_ROW)) ?? NOTHING, ...kept.map((usage) => usage ?? NOTHING)],
      counted: [counted.bucket, ...ids.map((id) => counted.collections.get(id) ?? NOTHING)],
    };
  });
}

describe('What is kept for the quotas', () => {
  it.each([1, 2, 3, 4])('is always what there is, whatever was done (walk %d)', async (seed) => {
    const random = randomFrom(seed);
    const statuses = new Set<number>();
    for (let step = 0; step < 120; step++) {
      const requests = Array.from({ length: 1 + random(6) }, () => randomStep(random));
      const sent = random(3) === 0 ? requests[0]! : { method: 'POST', path: '/v1/batch', body: { requests } };
      const status = await send(sent);
      statuses.add(status);
      for (const bucketId of ['b0', 'b1']) {
        const { kept, counted } = await keptAndCounted(bucketId);
        expect({ step, sent, status, bucketId, kept }).toEqual({ step, sent, status, bucketId, kept: counted });
      }
    }
    // It has been somewhere: some of it was taken, some refused.
    expect([...statuses]).toEqual(expect.arrayContaining([200, 507]));
  });
});
