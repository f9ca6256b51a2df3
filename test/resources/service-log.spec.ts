import { summaryLine } from '../../src/resources/request-summary.js';
import type { JsonObject } from '../../src/wire/json.js';
import { capturedOutput } from '../support/captured-output.js';
import { startTestServer, USER_IDS, type Ask } from '../support/server.js';

const JSON_LOG = 'kinto.log_level = log\nkinto.log_format = json\n';

type Asked = readonly [method: string, path: string, ask?: Ask];

/** What is logged of these requests, in Kinto's names. */
async function summariesOf(ini: string, ...requests: readonly Asked[]): Promise<JsonObject[]> {
  const lines = await capturedOutput(async () => {
    const server = await startTestServer({ ini });
    for (const [method, path, ask] of requests) await server.request(method, path, ask);
    await server.close();
  });
  return lines
    .map((line) => JSON.parse(line) as JsonObject)
    .filter(({ context }) => context === 'request.summary')
    .map(({ message }) => message as JsonObject);
}

const ON = `${JSON_LOG}kinto.log_requests = true`;

describe('The log of requests', () => {
  it('has one entry for each, in Kinto’s names', async () => {
    const headers = { 'user-agent': 'curl', 'accept-language': 'de', 'x-request-id': 'r1' };
    const [first, second, ...others] = await summariesOf(
      ON,
      ['PUT', '/v1/buckets/b', { body: {}, headers }],
      ['GET', '/v1/buckets/nothing?_sort=-a', { auth: null, headers: { 'user-agent': 'curl' } }],
    );
    expect(others).toEqual([]);
    expect(first).toEqual({
      agent: 'curl',
      path: '/v1/buckets/b',
      method: 'PUT',
      lang: 'de',
      rid: 'r1',
      errno: 0,
      uid: USER_IDS.mat.slice('basicauth:'.length),
      authn_type: 'basicauth',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$/) as string,
      code: 201,
      t: expect.any(Number) as number,
    });
    expect(second).toMatchObject({ errno: 104, code: 401, querystring: { _sort: '-a' } });
    expect(second!.rid).toMatch(/^[0-9a-f-]{36}$/);
    expect(second).not.toHaveProperty('uid');
  });

  it('says how many requests a batch had, which is one entry', async () => {
    const requests = [{ path: '/buckets' }, { path: '/' }];
    const summaries = await summariesOf(ON, ['POST', '/v1/batch', { body: { requests } }]);
    expect(summaries).toEqual([expect.objectContaining({ path: '/v1/batch', batch_size: 2 })]);
  });

  it('has no secret in it', async () => {
    const jwt = 'eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl';
    const secrets = [`_token=pt1`, `access_token=at1`, `code=co1`, `x=${jwt}`, `y=${'ab1'.repeat(20)}`];
    const id = '4c9b1f2e-07a1-4f0e-9d0c-0a1b2c3d4e5f';
    const [summary, ...others] = await summariesOf(ON, ['GET', `/v1/buckets?${secrets.join('&')}&id=${id}&n=1`]);
    expect(others).toEqual([]);
    expect(summary!.querystring).toEqual({
      _token: '***',
      access_token: '***',
      code: '***',
      x: '***',
      y: '***',
      id,
      n: '1',
    });
    const text = JSON.stringify(summary);
    for (const secret of ['pt1', 'at1', 'co1', jwt, 'ab1', 'authorization', 'Basic'])
      expect(text).not.toContain(secret);
  });

  it('is one line, whatever the request says', () => {
    const line = summaryLine({
      method: 'GET',
      path: '/v1/a\nb',
      querystring: { a: '\r\n' },
      code: 200,
      t: 3,
      rid: 'x\ny',
    });
    expect(line).toBe('GET "/v1/a\\nb" {"a":"\\r\\n"} 200 (3 ms) rid="x\\ny"');
  });

  it.each([
    ['by default', '', 0],
    ['where the setting says no', 'kinto.log_requests = false\n[loggers]\nkeys = root\n[logger_root]\nlevel = INFO', 0],
    ['where Python’s root logger is silent', '[loggers]\nkeys = root\n[logger_root]\nlevel = WARNING', 0],
    ['where Python’s logger of requests is silent', PYTHON('INFO', 'ERROR'), 0],
    ['where Python’s root logger speaks', '[loggers]\nkeys = root\n[logger_root]\nlevel = INFO', 1],
    ['where Python’s logger of requests speaks', PYTHON('ERROR', 'INFO'), 1],
    ['where Python’s logger of requests leaves it to the root', PYTHON('INFO', 'NOTSET'), 1],
  ])('is kept or not: %s', async (_when, ini, count) => {
    expect(await summariesOf(`${JSON_LOG}${ini}`, ['GET', '/v1/__lbheartbeat__'])).toHaveLength(count);
  });
});

function PYTHON(root: string, summary: string): string {
  return [
    '[loggers]',
    'keys = root, requests',
    '[logger_root]',
    `level = ${root}`,
    '[logger_requests]',
    `level = ${summary}`,
    'qualname = request.summary',
  ].join('\n');
}

describe('Settings of Kinto that mean nothing here', () => {
  it('are no unknown keys, and are told of once, to whoever wants to know', async () => {
    const ini =
      'kinto.transaction_per_request = true\nkinto.storage_max_size = 5\nkinto.sentry_dsn = secret\nkinto.tpyo = 1';
    async function linesAt(level: string): Promise<string[]> {
      return capturedOutput(async () => {
        const server = await startTestServer({ ini: `kinto.log_level = ${level}\n${ini}` });
        await server.close();
      });
    }
    const settingsOf = (lines: readonly string[]) => lines.filter((line) => line.includes('[settings]'));
    const warnings = settingsOf(await linesAt('warn'));
    expect(warnings).toEqual([expect.stringContaining('kinto.tpyo is not a setting')]);
    const all = settingsOf(await linesAt('debug'));
    expect(all).toHaveLength(4);
    for (const key of ['transaction_per_request', 'storage_max_size', 'sentry_dsn']) {
      expect(all.filter((line) => line.includes(`kinto.${key} has no effect here: `))).toHaveLength(1);
    }
    expect(all.join()).not.toContain('secret');
  });
});
