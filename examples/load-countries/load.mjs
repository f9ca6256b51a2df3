/**
 * Loads the countries of the world into a collection, several at once, and reads them back page by page:
 *
 *   node examples/load-countries/load.mjs [--server http://localhost:8888] [--user token:alice-token]
 *                                         [--collection countries]
 *
 * It speaks plain Kinto, so the server may be any that does. Run again, it replaces the records by themselves.
 */
import { parseArgs } from 'node:util';
import countries from 'world-countries';

/** How many requests are under way at once. */
const AT_ONCE = 8;

/** How many records one page has. */
const PAGE = 100;

/** How often a request is tried in all when the server says that it is busy. */
const TRIES = 5;

try {
  const { server, user, collection } = readOptions();
  const headers = {
    Authorization: `Basic ${Buffer.from(user).toString('base64')}`,
    'Content-Type': 'application/json',
  };
  const collectionUrl = new URL(`/v1/buckets/default/collections/${encodeURIComponent(collection)}`, server).href;

  // 412: it is there already, which is as good.
  await request(collectionUrl, { method: 'PUT', headers: { ...headers, 'If-None-Match': '*' } }, [201, 412]);
  const seconds = await timed(() => loadAll(`${collectionUrl}/records`, headers));
  console.log(`${countries.length} countries written in ${seconds} s`);

  const ids = await readAll(`${collectionUrl}/records?_sort=id&_limit=${PAGE}`, headers);
  const missing = countries.filter(({ cca3 }) => !ids.has(cca3));
  if (missing.length > 0) throw new Error(`${missing.map(({ cca3 }) => cca3).join(', ')} cannot be read back`);
  console.log(`${ids.size} records read back from ${collection}`);
} catch (error) {
  console.error(`load: ${error.message}`);
  process.exitCode = 1;
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      server: { type: 'string', default: 'http://localhost:8888' },
      user: { type: 'string', default: 'token:alice-token' },
      collection: { type: 'string', default: 'countries' },
    },
  });
  return values;
}

/** Each worker takes the next country until none is left. */
async function loadAll(recordsUrl, headers) {
  const waiting = [...countries];
  const work = async () => {
    for (let country = waiting.shift(); country !== undefined; country = waiting.shift()) {
      const body = JSON.stringify({ data: country });
      await request(`${recordsUrl}/${country.cca3}`, { method: 'PUT', headers, body }, [200, 201]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** Follows `Next-Page` to the end. @returns the ids */
async function readAll(firstPage, headers) {
  const ids = new Set();
  for (let url = firstPage; url !== null;) {
    const response = await request(url, { headers }, [200]);
    const { data } = await response.json();
    for (const { id } of data) ids.add(id);
    url = response.headers.get('Next-Page');
  }
  return ids;
}

/** @throws Error when the answer is none of those expected */
async function request(url, options, expected) {
  for (let left = TRIES; ; left--) {
    const response = await fetch(url, options).catch((error) => {
      throw new Error(`${new URL(url).origin} cannot be reached (${error.cause?.code ?? error.message})`);
    });
    if (expected.includes(response.status)) return response;
    const body = await response.text();
    const retryAfter = Number(response.headers.get('Retry-After'));
    if (left <= 1 || !(retryAfter > 0)) {
      throw new Error(`${options.method ?? 'GET'} ${url} answered ${response.status}: ${body.slice(0, 200)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, retryAfter * 1000));
  }
}

async function timed(work) {
  const start = performance.now();
  await work();
  return ((performance.now() - start) / 1000).toFixed(1);
}
