import { readFileSync } from 'node:fs';
import { Commands } from '../support/command.js';
import { basicAuth } from '../support/server.js';
import { makeMalformedRequest } from './malformed-request.js';
import { Pipe } from './pipe.js';
import { Random } from './random.js';

/** `FUZZ_REQUESTS=200000 FUZZ_SEED=7 npm test -- test/fuzz`; another seed makes others. */
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 6_000);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const CONNECTIONS = 8;

/** What the server may grow by once it has met a third of the requests, in bytes; the least is what its collector leaves. */
const MAY_GROW = 120 * 1024 * 1024;

const INI = `
[app:main]
multiauth.policies = account basicauth
multiauth.policy.account.use = kinto.plugins.accounts.AccountsPolicy
kinto.account_create_principals = system.Everyone
kinto.includes = kinto.plugins.default_bucket kinto.plugins.accounts kinto.plugins.history kinto.plugins.quotas
  kinto_attachment kinto.plugins.counters kinto.plugins.prometheus
kinto.account_write_principals = system.Everyone
kinto.quotas.bucket_max_items = 1000000
kinto.attachment.base_path = %(here)s/files
kinto.version_json_path = %(here)s/version.json
kinto.experimental_permissions_endpoint = true
kinto.experimental_collection_schema_validation = true
kinto.storage_url = %(here)s/fuzz.sqlite
`;

const commands = new Commands();
afterAll(() => commands.clear());

/** Resident memory of the process, in bytes; 0 where there is no /proc. */
function memoryOf(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

describe(`${REQUESTS} malformed requests`, () => {
  it(
    'make no error of the server’s, no hang, no lost write, and no growth of memory',
    async () => {
      commands.write('version.json', '{"version":"1"}');
      const server = commands.start('start', '--ini', commands.write('fuzz.ini', INI), '--port', '0');
      const url = await server.url();
      const { hostname, port, host } = new URL(url);
      const headers = { authorization: basicAuth('canary') };
      const canaries = `${url}/v1/buckets/canary/collections/c/records`;
      for (const path of ['/v1/buckets/canary', '/v1/buckets/canary/collections/c']) {
        expect((await fetch(url + path, { method: 'PUT', headers })).status).toBe(201);
      }
      const random = new Random(SEED);
      const failures: string[] = [];
      const statuses = new Map<number, number>();
      let sent = 0;
      let written = 0;
      let memoryAfterThird = 0;

      const attack = async () => {
        const pipe = new Pipe(hostname, Number(port));
        while (sent < REQUESTS && failures.length < 5) {
          sent += 1;
          if (sent === Math.floor(REQUESTS / 3)) memoryAfterThird = memoryOf(server.pid);
          if (sent % 200 === 0) {
            written += 1;
            const made = await fetch(`${canaries}/r${written}`, { method: 'PUT', headers });
            if (made.status !== 201) failures.push(`canary: ${made.status}`);
          }
          const { bytes, shown } = makeMalformedRequest(random, host);
          try {
            const { status } = await pipe.ask(bytes, shown.startsWith('HEAD '));
            statuses.set(status, (statuses.get(status) ?? 0) + 1);
            if (!(status >= 200 && status < 500)) failures.push(`${status}: ${shown}`);
          } catch (error) {
            failures.push(`${String(error)}: ${shown}`);
          }
        }
        pipe.close();
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, attack));

      expect({ seed: SEED, failures }).toEqual({ seed: SEED, failures: [] });
      // They were requests of many kinds, not one refusal six thousand times.
      expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 201, 400, 401, 403, 404, 405, 415]));
      const left = await fetch(canaries, { method: 'HEAD', headers });
      expect(Number(left.headers.get('total-objects'))).toBe(written);
      expect(memoryOf(server.pid) - memoryAfterThird).toBeLessThan(MAY_GROW);
    },
    60_000 + REQUESTS * 5,
  );
});
