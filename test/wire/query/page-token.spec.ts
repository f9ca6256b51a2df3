import { ApiError } from '../../../src/wire/api-error.js';
import type { JsonObject } from '../../../src/wire/json.js';
import { type ListQuery, readListQuery } from '../../../src/wire/query/list-query.js';
import { encodePageToken, PAGE_NONCE_PREFIX } from '../../../src/wire/query/page-token.js';

const OPTIONS = { maxFetchSize: 10_000, nowMs: 1_800_000_000_000 };
const NONCE = `${PAGE_NONCE_PREFIX}c368a9d7-eb7c-4d2b-86f2-1190f38f23d0`;
const GOOD = { last_object: { last_modified: 12 }, offset: 3, nonce: NONCE };

function parse(sort: string, token: string): ListQuery {
  return readListQuery(
    [
      ['_sort', sort],
      ['_token', token],
    ],
    OPTIONS,
  ).getQuery();
}

function base64(text: unknown): string {
  return Buffer.from(typeof text === 'string' ? text : JSON.stringify(text)).toString('base64');
}

describe('a page token', () => {
  it('is base64 of JSON in the layout of Kinto, with the fields sorted by and no others', () => {
    const { sort } = parse('n.k,gone,é', '');
    const object: JsonObject = { id: 'a', last_modified: 12, n: { k: 1, l: 2 }, é: 'ß😀', secret: 's' };
    const token = encodePageToken(object, sort, { offset: 3, nonce: NONCE });
    expect(JSON.parse(Buffer.from(token, 'base64').toString())).toEqual({
      last_object: { 'n.k': 1, é: 'ß😀', last_modified: 12 },
      offset: 3,
      nonce: NONCE,
    });
    expect(parse('n.k,gone,é', token).token).toEqual({
      lastObject: { 'n.k': 1, é: 'ß😀', last_modified: 12 },
      offset: 3,
      nonce: NONCE,
    });
  });

  it('is accepted as Kinto itself writes it', () => {
    const text =
      'eyJsYXN0X29iamVjdCI6eyJsYXN0X21vZGlmaWVkIjoxNzk1MjMzMDQ4NzcyfSwib2Zmc2V0IjozLCJub25jZSI6InBhZ2luYXRpb24t' +
      'dG9rZW4tYzM2OGE5ZDctZWI3Yy00ZDJiLTg2ZjItMTE5MGYzOGYyM2QwIn0=';
    expect(parse('', text).token).toEqual({ lastObject: { last_modified: 1795233048772 }, offset: 3, nonce: NONCE });
  });

  it.each(['', 'null', '{}'])('is absent when it is %j', (text) => {
    expect(parse('', text)).not.toHaveProperty('token');
  });

  it.each([
    ['no base64', '%%%'],
    ['no JSON', base64('abc')],
    ['cut short', base64(GOOD).slice(0, -8)],
    ['a list', base64([])],
    ['a number', base64(1)],
    ['nothing', base64('null')],
    ['empty', base64({})],
    ['without an object', base64({ offset: 3, nonce: NONCE })],
    ['without an offset', base64({ last_object: GOOD.last_object, nonce: NONCE })],
    ['without a nonce', base64({ last_object: GOOD.last_object, offset: 3 })],
    ['of a list for an object', base64({ ...GOOD, last_object: [] })],
    ['of null for an object', base64({ ...GOOD, last_object: null })],
    ['of text for an offset', base64({ ...GOOD, offset: 'x' })],
    ['of a fraction for an offset', base64({ ...GOOD, offset: 1.5 })],
    ['of a negative offset', base64({ ...GOOD, offset: -1 })],
    ['of a number for a nonce', base64({ ...GOOD, nonce: 5 })],
    ['without the timestamp', base64({ ...GOOD, last_object: { v: 1 } })],
    ['of text for a timestamp', base64({ ...GOOD, last_object: { last_modified: 'abc' } })],
    ['of true for a timestamp', base64({ ...GOOD, last_object: { last_modified: true } })],
    ['of a timestamp beyond number', base64(JSON.stringify(GOOD).replace('12', '1e400'))],
    ['without the id it is sorted by', base64(GOOD), 'id'],
    ['of a number for an id', base64({ ...GOOD, last_object: { id: 5, last_modified: 12 } }), 'id'],
    ['with the character NUL', base64({ ...GOOD, last_object: { v: '\0', last_modified: 12 } }), 'v'],
    ['beyond number', base64(JSON.stringify(GOOD).replace('12', '12,"v":1e400')), 'v'],
  ])('is refused when it is %s', (_what, text, sort = '') => {
    const refusal = refusalOf(() => parse(sort, text));
    expect(refusal.status).toBe(400);
    expect(refusal.message).toBe('querystring: _token has invalid content');
    expect(refusal.details).toEqual([
      { location: 'querystring', name: null, description: '_token has invalid content' },
    ]);
  });
});

function refusalOf(attempt: () => unknown): ApiError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('It was accepted');
}
