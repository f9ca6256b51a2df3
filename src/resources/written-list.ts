import type { ObjectList } from '../storage/storage.js';
import type { ReadyRequest } from './dispatcher.js';

/** The list that a request is about: what it writes to before all, should it write. None for endpoints of no resource. */
export function writtenLists({ endpoint, params }: Pick<ReadyRequest, 'endpoint' | 'params'>): ObjectList[] {
  const { definition, pattern } = endpoint;
  if (definition === undefined) return [];
  const above = pattern.slice(0, pattern.lastIndexOf(`/${definition.plural}`));
  const parentId = above.replace(/\{(\w+)\}/g, (_braces, name: string) => params[name] ?? '');
  return [{ parentId, resourceName: definition.name }];
}
