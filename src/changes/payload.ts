import { formatPosition } from '../wire/position.js';
import { kintoPayload, tooLargeNotice } from './kinto-payload.js';
import type { CommittedChange, ImpactedObject } from './resource-change.js';

/**
 * What a listener sends of a change.
 *
 * `kinto`: one message per change, the list of `{new, old}` that Kinto's plugins send. `object`: one message per
 * object, exactly what the list endpoint has of it, a tombstone after a deletion. `change`: one message per object,
 * the change object of seed-systems.md, 1.2.
 */
export const PAYLOADS = ['kinto', 'object', 'change'] as const;

export type Payload = (typeof PAYLOADS)[number];

/** The messages of these objects of the change, as JSON texts, in the order they were changed. */
export function messagesOf(payload: Payload, change: CommittedChange, impacted = change.impacted): string[] {
  switch (payload) {
    case 'kinto':
      return [kintoPayload(impacted)];
    case 'object':
      return impacted.map(({ newText }) => newText);
    case 'change':
      return impacted.map((object) => changeText(change, object));
  }
}

/**
 * The same for a target that takes at most `maxBytes` of UTF-8 in one message: what is larger becomes a notice that it
 * was. What cannot fit is not even put together: a plural DELETE may have deleted a hundred thousand objects.
 */
export function messagesWithin(
  maxBytes: number,
  payload: Payload,
  change: CommittedChange,
  impacted = change.impacted,
): string[] {
  const groups = payload === 'kinto' ? [impacted] : impacted.map((object) => [object]);
  return groups.flatMap((group) => {
    let atLeast = 0;
    for (const { newText, oldText } of group) {
      atLeast += newText.length + (payload === 'object' ? 0 : (oldText?.length ?? 0));
      if (atLeast > maxBytes) return [tooLargeNotice(change, group)];
    }
    const messages = messagesOf(payload, change, group);
    return messages.map((text) => (Buffer.byteLength(text) > maxBytes ? tooLargeNotice(change, group) : text));
  });
}

/** The text of `data` and `old` is that of the log, so that numbers stay as the client wrote them. */
function changeText(change: CommittedChange, object: ImpactedObject): string {
  const { action, resourceName, parentId } = change;
  const head = JSON.stringify({
    position: formatPosition(object.position),
    uri: `${parentId}/${resourceName}s/${object.id}`,
    resource: resourceName,
    action,
    timestamp: object.timestamp,
    request_id: requestIdOf(change),
    last: object.last,
    user_id: object.userId,
  });
  const old = object.oldText === null ? '' : `,"old":${object.oldText}`;
  return `${head.slice(0, -1)},"data":${object.newText}${old}}`;
}

/** Names what was written together. */
function requestIdOf({ id }: CommittedChange): string {
  return id.slice(0, id.lastIndexOf(':'));
}
