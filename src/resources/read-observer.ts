import { Registry } from '../wire/registry.js';
import type { ResourcePlace } from './resource-place.js';

/**
 * Told of each object that somebody has asked for by its own URL and may read, also where the answer is 304; a list is no
 * read of what is on it. Called on the way to the answer: it must neither throw nor wait.
 */
export type ReadObserver = (place: ResourcePlace, id: string) => void;

export class ReadObservers extends Registry<ReadObserver> {
  constructor() {
    super('read observer');
  }
}
