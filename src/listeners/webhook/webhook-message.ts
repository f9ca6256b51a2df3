import { createHash } from 'node:crypto';
import { messagesWithin, type Payload } from '../../changes/payload.js';
import type { CommittedChange, ImpactedObject } from '../../changes/resource-change.js';
import type { WebhookMessage } from '../../outgoing/webhook/webhook-receiver.js';
import { formatPosition } from '../../wire/position.js';

/** How one listener's messages are made. */
export interface MessageShape {
  readonly listenerName: string;
  readonly payload: Payload;
  readonly maxBodyBytes: number;
}

/** The objects of each message of the change, in order: all in one, or each in its own. */
export function groupsOf(payload: Payload, { impacted }: CommittedChange): (readonly ImpactedObject[])[] {
  return payload === 'kinto' ? [impacted] : impacted.map((object) => [object]);
}

/** A body as Standard Webhooks recommends it: `type`, `timestamp` and `data`, and what the data is about. */
export function messageOf(
  { listenerName, payload, maxBodyBytes }: MessageShape,
  change: CommittedChange,
  group: readonly ImpactedObject[],
): WebhookMessage {
  const id = idOf(listenerName, change, payload === 'kinto' ? undefined : group[0]);
  const head = JSON.stringify({ id, ...subjectOf(change, group) }).slice(0, -1) + ',"data":';
  const [data] = messagesWithin(maxBodyBytes - Buffer.byteLength(head) - 1, payload, change, group);
  return { id, body: `${head}${data!}}` };
}

/** A message of one object is about that object, of several about their list. */
function subjectOf(change: CommittedChange, group: readonly ImpactedObject[]): Record<string, unknown> {
  const { action, resourceName, parentId, parentParts } = change;
  const only = group.length === 1 ? group[0] : undefined;
  const listUri = `${parentId}/${resourceName}s`;
  return {
    type: `${resourceName}.${action}`,
    timestamp: new Date(only?.timestamp ?? change.timestamp).toISOString(),
    action,
    resource_name: resourceName,
    uri: only === undefined ? listUri : `${listUri}/${only.id}`,
    ...parentParts,
    ...(only === undefined ? {} : { [`${resourceName}_id`]: only.id }),
  };
}

/**
 * By position and not by place in the change: a filter may leave other neighbours at the next try. A hash, because an
 * id must have no full stop (it separates what is signed), and so that two listeners at one receiver do not take each
 * other's messages for repetitions.
 */
function idOf(listenerName: string, change: CommittedChange, object: ImpactedObject | undefined): string {
  const parts = [listenerName, change.id, object === undefined ? '' : formatPosition(object.position)];
  return `msg_${createHash('sha256').update(JSON.stringify(parts)).digest('base64url')}`;
}
