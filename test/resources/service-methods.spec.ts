import { scenario } from '../support/scenario.js';
import { startTestServer, type TestServer } from '../support/server.js';

describe('A method that the settings switch off', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({
      ini: [
        'kinto.plural_bucket_post_enabled = false',
        'kinto.object_bucket_get_enabled = no',
        'kinto.plural_group_get_enabled = false',
        'kinto.plural_collection_head_enabled = false',
        'kinto.plural_collection_delete_enabled = true',
        'kinto.object_record_delete_enabled = false',
        'kinto.object_record_head_enabled = false',
      ].join('\n'),
    });
  });
  afterAll(() => server.close());

  it.each([
    ['POST', '/v1/buckets', 'HEAD, GET, DELETE, OPTIONS'],
    ['GET', '/v1/buckets/b', 'PUT, PATCH, DELETE, OPTIONS'],
    ['HEAD', '/v1/buckets/b', 'PUT, PATCH, DELETE, OPTIONS'],
    ['GET', '/v1/buckets/b/groups', 'HEAD, POST, DELETE, OPTIONS'],
    ['DELETE', '/v1/buckets/b/collections/c/records/r', 'GET, HEAD, PUT, PATCH, OPTIONS'],
    ['GET', '/v1/buckets/default', 'PUT, PATCH, DELETE, OPTIONS'],
  ])('is refused, with those that are left: %s %s', async (method, path, allow) => {
    await scenario(server, [method, path], { status: 405, headers: { allow } });
  });

  it('is no obstacle to the others', async () => {
    await scenario(server, ['PUT', '/v1/buckets/b', { body: {} }], { status: 201, changes: ['create /buckets b'] });
    await scenario(server, ['GET', '/v1/buckets'], { status: 200 });
    await scenario(server, ['HEAD', '/v1/buckets/b/groups'], { status: 200, headers: { 'total-objects': '0' } });
    await scenario(server, ['HEAD', '/v1/buckets/b/collections'], { status: 200 });
    await scenario(server, ['DELETE', '/v1/buckets/b/collections'], { status: 200 });
  });

  it('is told to browsers', async () => {
    const headers = { origin: 'http://a.example', 'access-control-request-method': 'GET' };
    await scenario(server, ['OPTIONS', '/v1/buckets', { headers }], {
      status: 200,
      headers: { 'access-control-allow-methods': 'HEAD,GET,DELETE,OPTIONS' },
    });
  });

  it('is refused inside a batch too', async () => {
    const answer = await server.request('POST', '/v1/batch', {
      body: { requests: [{ method: 'POST', path: '/buckets', body: { data: { id: 'x' } } }] },
    });
    expect(answer.json.responses).toEqual([expect.objectContaining({ status: 405 })]);
    await scenario(server, ['HEAD', '/v1/buckets?id=x'], { status: 200, headers: { 'total-objects': '0' } });
  });
});

describe('cors_max_age_seconds', () => {
  it.each([
    ['', '3600'],
    ['kinto.cors_max_age_seconds = 60', '60'],
    ['kinto.cors_max_age_seconds = 0', null],
    ['kinto.cors_max_age_seconds =', null],
  ])('is what a browser is told: %s', async (ini, maxAge) => {
    const server = await startTestServer({ ini });
    const headers = { origin: 'http://a.example', 'access-control-request-method': 'GET' };
    await scenario(server, ['OPTIONS', '/v1/buckets', { headers }], {
      status: 200,
      headers: { 'access-control-max-age': maxAge },
    });
    await server.close();
  });
});
