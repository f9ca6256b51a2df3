import type { CommittedChange, ImpactedObject } from './resource-change.js';

/** The list of `{new, old}` that Kinto's plugins send, as JSON text; `old` is absent on `create`. */
export function kintoPayload(impacted: readonly ImpactedObject[]): string {
  const pairs = impacted.map(({ newText, oldText }) =>
    oldText === null ? `{"new":${newText}}` : `{"new":${newText},"old":${oldText}}`,
  );
  return `[${pairs.join(',')}]`;
}

/**
 * What is sent in place of a payload that is too large: that it was, and where to fetch what changed: the object
 * itself when it is one and still there, else its list.
 */
export function tooLargeNotice(change: CommittedChange, impacted: readonly ImpactedObject[]): string {
  const listUri = `${change.parentId}/${change.resourceName}s`;
  const only = impacted.length === 1 && change.action !== 'delete' ? impacted[0] : undefined;
  return JSON.stringify({
    too_large: true,
    uri: only === undefined ? listUri : `${listUri}/${only.id}`,
    count: impacted.length,
    last_modified: change.timestamp,
  });
}
