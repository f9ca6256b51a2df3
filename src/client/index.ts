// The package's `kumocast/client`: for browsers and Node, without a dependency.
import { liveCollection, type KintoCollection, type KintoCollectionOptions } from './kinto-collection.js';
import { LiveList } from './live-list.js';
import type { LiveListOptions } from './live-options.js';

export { LiveList } from './live-list.js';
export type { LiveChange, LiveListOptions, LiveObject, LiveState } from './live-options.js';
export type { KintoCollection, KintoCollectionOptions } from './kinto-collection.js';

/** Keeps whoever listens in step with the list at this URL. */
export function live(url: string, options: LiveListOptions): LiveList;
/** Keeps a collection of kinto.js in step with its server. */
export function live(collection: KintoCollection, options?: KintoCollectionOptions): Promise<LiveList>;
export function live(
  what: string | KintoCollection,
  options?: LiveListOptions | KintoCollectionOptions,
): LiveList | Promise<LiveList> {
  return typeof what === 'string' ? new LiveList(what, options as LiveListOptions) : liveCollection(what, options);
}
