import type { UriChain } from '../permissions/access.js';
import type { ObjectList } from '../storage/storage.js';
import { idParameter, type ResourceDefinition, type ResourceDefinitions } from './resource-definition.js';

/** Where in the hierarchy a URL points: a list, and maybe one object of it. URIs are without the version prefix. */
export interface ResourcePlace {
  readonly definition: ResourceDefinition;
  readonly list: ObjectList;
  /** The list's own URI, e.g. `/buckets/b/collections`. */
  readonly listUri: string;
  /** Of the objects above, by resource name. */
  readonly above: UriChain;
  /** The name of the parent's resource, `''` at the root. */
  readonly parentName: string;
}

/** @param params the URL's, with `bucket_id` and the like for everything above */
export function placeOf(
  definition: ResourceDefinition,
  definitions: ResourceDefinitions,
  params: Readonly<Record<string, string>>,
): ResourcePlace {
  const above: Record<string, string> = {};
  let parentId = '';
  for (const ancestor of definition.ancestors) {
    parentId += `/${definitions.get(ancestor).plural}/${params[idParameter(ancestor)]}`;
    above[ancestor] = parentId;
  }
  return {
    definition,
    list: { parentId, resourceName: definition.name },
    listUri: `${parentId}/${definition.plural}`,
    above,
    parentName: definition.ancestors.at(-1) ?? '',
  };
}

export function objectUri(place: ResourcePlace, id: string): string {
  return `${place.listUri}/${id}`;
}

/** The chain with the object itself. */
export function chainWith(place: ResourcePlace, id: string): UriChain {
  return { ...place.above, [place.definition.name]: objectUri(place, id) };
}
