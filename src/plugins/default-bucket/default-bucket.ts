import { createHmac } from 'node:crypto';
import { Setting } from '../../settings/setting.js';
import { JSON_TYPE, type ApiRequest } from '../../resources/api-message.js';
import { VERSION_PREFIX } from '../../resources/api-path.js';
import type { Prerequisite, RequestAlias, ResolvedAlias } from '../../resources/request-alias.js';
import { ID_PATTERN } from '../../resources/kinto/ids.js';
import { parseJson } from '../../resources/write-body.js';
import { ApiError, invalidParameters } from '../../wire/api-error.js';
import { isJsonObject, stringifyJson } from '../../wire/json.js';

export class DefaultBucketSettings {
  @Setting({
    key: 'default_bucket_hmac_secret',
    type: 'string',
    default: '',
    sentence: 'The key that turns user ids into the ids of their own buckets; as in Kinto, empty if it is not set.',
    secret: true,
  })
  secret!: string;
}

const ALIAS = 'default';

/** Of a collection among what is needed. */
const COLLECTION_LEVEL = 1;

/** How many users' bucket ids and how many collections' places are remembered: a few MB. */
const MAX_REMEMBERED = 10_000;

/** The user's own bucket: 32 hex digits of an HMAC, grouped as a UUID (kinto-api.md, 9). */
export function defaultBucketId(userId: string, secret: string): string {
  const hex = createHmac('sha256', secret).update(userId, 'utf8').digest('hex').slice(0, 32);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** `/buckets/default` is the caller's own bucket; it and its collections are made when they are first asked for. */
export class DefaultBucketAlias implements RequestAlias {
  /** By user id: an HMAC per request is a tenth of what a small read costs. */
  private readonly bucketIds = new Map<string, string>();
  /** By bucket id and collection id. */
  private readonly places = new Map<string, readonly Prerequisite[]>();

  constructor(private readonly settings: DefaultBucketSettings) {}

  claims([plural, id]: readonly string[]): boolean {
    return plural === 'buckets' && id === ALIAS;
  }

  resolve(request: ApiRequest, segments: readonly string[], { identity, placeOf }: AliasContext): ResolvedAlias {
    if (identity.userId === undefined) throw new ApiError('MISSING_AUTH_TOKEN');
    const bucketId = this.bucketIdOf(identity.userId);
    // An empty one is a slash at the end, whose redirect names no collection.
    const collectionId = segments[2] === 'collections' && segments[3] !== '' ? segments[3] : undefined;
    // A PUT of the very object makes it itself, with what the caller wants in it.
    const makesItself = request.method === 'PUT' && isPlain(segments.at(-1)) ? segments.length / 2 - 1 : -1;
    const needed = this.placesOf(bucketId, makesItself === COLLECTION_LEVEL ? undefined : collectionId, placeOf);
    const prerequisites = needed.filter((_place, level) => level !== makesItself);
    const real = ['buckets', bucketId, ...segments.slice(2)];
    return { request: rewrite(request, segments, bucketId), segments: real, prerequisites };
  }

  private bucketIdOf(userId: string): string {
    return remembered(this.bucketIds, userId, () => defaultBucketId(userId, this.settings.secret));
  }

  /** @throws ApiError 400 for an id that no collection can have */
  private placesOf(
    bucketId: string,
    collectionId: string | undefined,
    placeOf: AliasContext['placeOf'],
  ): readonly Prerequisite[] {
    if (collectionId !== undefined && !ID_PATTERN.test(collectionId)) {
      throw invalidParameters([{ location: 'path', name: null, description: 'Invalid collection id' }]);
    }
    return remembered(this.places, `${bucketId} ${collectionId ?? ''}`, () => {
      const bucket = { place: placeOf('bucket', {}), id: bucketId };
      if (collectionId === undefined) return [bucket];
      return [bucket, { place: placeOf('collection', { bucket_id: bucketId }), id: collectionId }];
    });
  }
}

/** Kinto compares an id with a path that has its escapes; one that needs any can be nobody's id. */
function isPlain(id = ''): boolean {
  return encodeURI(id) === id;
}

type AliasContext = Parameters<RequestAlias['resolve']>[2];

function remembered<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    if (map.size >= MAX_REMEMBERED) map.clear();
    map.set(key, value);
  }
  return value;
}

const ALIAS_PATH = `${VERSION_PREFIX}/buckets/${ALIAS}`;

function rewrite(request: ApiRequest, segments: readonly string[], bucketId: string): ApiRequest {
  // A percent sign may hide the alias; its segments are where they are all the same.
  const rest = request.path.startsWith(ALIAS_PATH)
    ? request.path.slice(ALIAS_PATH.length)
    : ['', ...request.path.split('/').slice(4)].join('/');
  const real = { ...request, path: `${VERSION_PREFIX}/buckets/${bucketId}${rest}` };
  if (request.body === undefined) return NEEDS_DATA.includes(request.method) ? withEmptyData(real) : real;
  const body = segments.length === 2 ? withRealId(request.body, bucketId) : request.body;
  if (request.headers['content-type'] !== undefined) return { ...real, body };
  // Unlike elsewhere, Kinto refuses a body here that does not say what it is (kinto-api.md, 9).
  return { ...real, headers: { ...request.headers, 'content-type': '' }, body };
}

/** Not PUT: Kinto empties what is there, and here it stays as it is. */
const NEEDS_DATA = ['POST', 'PATCH'];

/** Unlike elsewhere, no body is as good as one with empty data. */
function withEmptyData(request: ApiRequest): ApiRequest {
  const headers = { ...request.headers, 'content-type': JSON_TYPE };
  return { ...request, headers, body: Buffer.from('{"data":{}}') };
}

/** A body may name the bucket by its alias too. */
function withRealId(body: Buffer, bucketId: string): Buffer {
  const parsed = parseJson(body);
  if (!('value' in parsed) || !isJsonObject(parsed.value)) return body;
  const { data } = parsed.value;
  if (!isJsonObject(data) || data.id !== ALIAS) return body;
  return Buffer.from(stringifyJson({ ...parsed.value, data: { ...data, id: bucketId } }));
}
