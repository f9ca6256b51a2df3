import { describeUri, type UriShapes } from '../wire/uri.js';
import type { ResourceDefinitions } from './resource-definition.js';
import { placeOf, type ResourcePlace } from './resource-place.js';

/** The URIs of all resources, for reading one from the outside in. */
export function shapesOf(definitions: ResourceDefinitions): UriShapes {
  return Object.fromEntries(
    definitions.all().map(({ name, plural, ancestors }) => {
      return [[...ancestors.map((each) => definitions.get(each).plural), plural].join('/'), name];
    }),
  );
}

/** Where the object of that URI lives, whether it is there or not; `undefined` when no resource has such URIs. */
export function findPlaceOf(
  uri: string,
  definitions: ResourceDefinitions,
  shapes: UriShapes,
): { place: ResourcePlace; id: string } | undefined {
  const { id, resource_name: name = '', ...params } = describeUri(uri, shapes) ?? {};
  const definition = definitions.find(name);
  if (definition === undefined || id === undefined) return undefined;
  return { place: placeOf(definition, definitions, params), id };
}
