import type { Identity } from '../../auth/authenticator.js';
import { ensureParentExists, getListTimestamp } from '../../resources/endpoints/resource-parts.js';
import { getUnit, type Exchange } from '../../resources/exchange.js';
import { LiveAccess, type Refused } from '../../resources/live/live-access.js';
import { chainWith, placeOf, type ResourcePlace } from '../../resources/resource-place.js';
import type { EndpointParts } from '../../resources/plugin.js';
import { logEpoch } from '../../storage/log-epoch.js';
import type { StorageView } from '../../storage/storage.js';
import { ApiError } from '../../wire/api-error.js';
import type { FeedSource } from './feed-source.js';
import { GlobalSource } from './global-source.js';
import { ListSource } from './list-source.js';

/** What of the log one URL has. */
export interface OpenScope {
  /** Of the feed, without the version prefix and without `/changes`. */
  readonly uri: string;
  readonly source: FeedSource;
  readonly covers: (uri: string) => boolean;
  /** Asked again at each turn. */
  readonly ensure: (view: StorageView, identity: Identity) => Promise<Refused | undefined>;
}

export interface FeedScope {
  readonly name: string;
  readonly pattern: string;
  readonly summary: string;
  /** @throws ApiError as the list, or the object, of that URL would */
  open(exchange: Exchange, parts: EndpointParts): Promise<OpenScope>;
}

async function globalSource(exchange: Exchange): Promise<GlobalSource> {
  const found = await logEpoch.find(exchange.view.sql);
  return new GlobalSource(found ?? (await logEpoch.findOrCreate(getUnit(exchange).sql)));
}

const EVERYTHING: FeedScope = {
  name: 'changes',
  pattern: '/changes',
  summary: 'What has changed, of all that the caller may read.',
  async open(exchange) {
    const source = await globalSource(exchange);
    return { uri: '', source, covers: () => true, ensure: () => Promise.resolve(undefined) };
  },
};

const BUCKET: FeedScope = {
  name: 'bucket-changes',
  pattern: '/buckets/{bucket_id}/changes',
  summary: 'What has changed in a bucket, the bucket included.',
  async open(exchange, { resource: { definitions, authorization }, access, authenticator }) {
    const id = exchange.params.bucket_id!;
    const place = placeOf(definitions.get('bucket'), definitions, exchange.params);
    await authorization.ensureMayRead(exchange, place, id);
    if (!(await exchange.view.hasObject(place.list, id))) throw new ApiError('MISSING_RESOURCE');
    const uri = `${place.listUri}/${id}`;
    const required = { resource: 'bucket', permission: 'read:attributes' };
    const request = { requested: 'bucket', required, uris: chainWith(place, id) };
    return {
      uri,
      source: await globalSource(exchange),
      covers: (each) => each === uri || each.startsWith(`${uri}/`),
      ensure: async (view, identity) => {
        if (!(await view.hasObject(place.list, id))) return 'gone';
        const { principals } = await authenticator.callerOf(identity, view.sql);
        return (await access.isAllowed(view.sql, principals, request)) ? undefined : 'revoked';
      },
    };
  },
};

const COLLECTION: FeedScope = {
  name: 'collection-changes',
  pattern: '/buckets/{bucket_id}/collections/{collection_id}/changes',
  summary: 'What has changed among the records of a collection.',
  async open(exchange, { resource, access, authenticator }) {
    const place: ResourcePlace = placeOf(resource.definitions.get('record'), resource.definitions, exchange.params);
    await resource.authorization.scopeOf(exchange, place, 'read');
    await ensureParentExists(exchange, place, resource);
    // A list that was never written to gets a beginning, so that there is a position in it.
    await getListTimestamp(exchange, place);
    const live = new LiveAccess(access, authenticator);
    return {
      uri: place.list.parentId,
      source: new ListSource(place.list),
      covers: () => true,
      ensure: async (view, identity) => {
        const rights = await live.rightsOf(view, place, identity);
        return typeof rights === 'string' ? rights : undefined;
      },
    };
  },
};

export const FEED_SCOPES: readonly FeedScope[] = [EVERYTHING, BUCKET, COLLECTION];

/** Whether the path is that of a feed. @param path with the version prefix */
export function isFeedPath(path: string): boolean {
  return /^\/v\d+(\/buckets\/[^/]+(\/collections\/[^/]+)?)?\/changes$/.test(path);
}
