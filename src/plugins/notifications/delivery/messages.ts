import { createHash } from 'node:crypto';
import type { PushMessage, Urgency } from '../../../outgoing/webpush/push-sender.js';
import type { WebhookMessage } from '../../../outgoing/webhook/webhook-receiver.js';
import type { ObjectList } from '../../../storage/storage.js';
import { CHANGE_ACTIONS } from '../../../wire/change-action.js';
import { formatPosition } from '../../../wire/position.js';
import type { VisibleChange, VisibleRead } from './owner-sight.js';
import type { Subscription } from './subscription.js';

/** What fits into 4,096 bytes encrypted (RFC 8030, 7.2; RFC 8291, 4). */
export const LARGEST_PUSH_TEXT = 3993;

/** RFC 8030, 5.4. */
const TOPIC_CHARACTERS = 32;

/**
 * The body of a webhook (seed-systems.md, 6.3): changes of one list, in order. Its id is the same at each try, unless
 * what its receiver may see has changed meanwhile.
 */
export function webhookMessage(
  subscription: Subscription,
  changes: readonly VisibleChange[],
  { maxBodyBytes, isResumed, previous }: { maxBodyBytes: number; isResumed: boolean; previous: string | undefined },
): WebhookMessage {
  const positions = changes.map(({ logged }) => formatPosition(logged.position));
  const position = positions.at(-1);
  const id = deliveryId(subscription, changes);
  const texts = changes.map((change, index) =>
    changeText(change, subscription, {
      maxBytes: maxBodyBytes,
      previous: index === 0 ? previous : positions[index - 1],
    }),
  );
  const resumed = isResumed ? ',"resumed":true' : '';
  const head = JSON.stringify({ delivery: id }).slice(0, -1);
  return { id, body: `${head},"changes":[${texts.join(',')}],"position":${JSON.stringify(position)}${resumed}}` };
}

/** The same for the same changes, unless they are told once more because somebody wants that. */
export function deliveryId(subscription: Subscription, changes: readonly VisibleChange[]): string {
  const positions = [changes[0]!, changes.at(-1)!].map(({ logged }) => formatPosition(logged.position));
  return idOf([subscription.key, subscription.value.replay ?? null, ...positions]);
}

function idOf(parts: readonly unknown[]): string {
  return `d_${createHash('sha256').update(JSON.stringify(parts)).digest('base64url')}`;
}

/** The change object of seed-systems.md, 1.2; data is the text of the log, so that numbers stay as they were written. */
function changeText(
  { logged, uri, match }: VisibleChange,
  { includesData, includesOld }: Subscription,
  { maxBytes, previous }: { maxBytes: number; previous: string | undefined },
): string {
  const { position, list, action, timestamp, requestId, last, objectId, newText, oldText } = logged;
  const head = JSON.stringify({
    ...{ position: formatPosition(position), previous, uri, resource: list.resourceName },
    ...{ action, match, timestamp, request_id: requestId, last },
  }).slice(0, -1);
  // Who may not see the object any more is told which it was.
  if (match === 'leave' && action !== 'delete') return `${head},"data":${JSON.stringify({ id: objectId })}}`;
  const bare = JSON.stringify({ id: objectId, last_modified: timestamp });
  if (Buffer.byteLength(newText) > maxBytes) return `${head},"too_large":true,"data":${bare}}`;
  const data = includesData || action === 'delete' ? newText : bare;
  const isOldTold = includesOld && match !== 'enter' && oldText !== null && Buffer.byteLength(oldText) <= maxBytes;
  return `${head},"data":${data}${isOldTold ? `,"old":${oldText}` : ''}}`;
}

/** What tells reads of one list: no changes, so there is no position in it. */
export function readsWebhook(
  subscription: Subscription,
  reads: readonly VisibleRead[],
  maxBodyBytes: number,
): WebhookMessage {
  const id = readsId(subscription, reads);
  let room = maxBodyBytes;
  const texts = reads.map(({ uri, list, at, object }) => {
    const head = JSON.stringify({ uri, resource: list.resourceName, timestamp: at }).slice(0, -1);
    const bare = JSON.stringify({ id: object.id, last_modified: object.lastModified });
    if (!subscription.includesData) return `${head},"data":${bare}}`;
    const size = Buffer.byteLength(object.text);
    if (size > room) return `${head},"too_large":true,"data":${bare}}`;
    room -= size;
    return `${head},"data":${object.text}}`;
  });
  return { id, body: `${JSON.stringify({ delivery: id, changes: [] }).slice(0, -1)},"reads":[${texts.join(',')}]}` };
}

/** The same at each try. */
export function readsId({ key }: Subscription, reads: readonly VisibleRead[]): string {
  return idOf([key, 'reads', ...reads.map(({ uri, at }) => [uri, at])]);
}

/** A message that nothing has led to, for somebody who wants to see whether their receiver works. */
export function testWebhook(id: string, now: number): WebhookMessage {
  return { id, body: JSON.stringify({ delivery: id, test: true, changes: [], timestamp: now }) };
}

/** What a push message says of changes of one list: enough to know where to look (seed-systems.md, 6.3). */
export function pushMessage(subscription: Subscription, changes: readonly VisibleChange[]): PushMessage {
  const { list, position, timestamp } = changes.at(-1)!.logged;
  const counts = Object.fromEntries(
    CHANGE_ACTIONS.map((action) => [action, changes.filter(({ logged }) => logged.action === action).length]),
  );
  const head = {
    ...{ v: 1, ...listNames(list), timestamp },
    ...{ position: formatPosition(position), counts },
  };
  const only = changes.length === 1 ? changes[0] : undefined;
  const data = only?.match === 'leave' ? undefined : only?.logged.newText;
  const ids = [...new Set(changes.map(({ logged }) => logged.objectId))];
  return { ...optionsOf(subscription), topic: topicOf(list, 's'), texts: textsOf(subscription, head, { ids, data }) };
}

/** The same of reads, under a topic of their own: no news of a change is to be replaced by one of them. */
export function readsPush(subscription: Subscription, reads: readonly VisibleRead[]): PushMessage {
  const { list, at: timestamp } = reads.at(-1)!;
  const head = { v: 1, ...listNames(list), timestamp, counts: { read: reads.length } };
  const ids = reads.map(({ object }) => object.id);
  const data = reads.length === 1 ? reads[0]!.object.text : undefined;
  return {
    ...optionsOf(subscription),
    topic: topicOf(list, '-reads'),
    texts: textsOf(subscription, head, { ids, data }),
  };
}

/** The fullest that fits comes first. @param data of the only object that it is about */
function textsOf(
  { includesData }: Subscription,
  head: object,
  { ids, data }: { ids: readonly string[]; data: string | undefined },
): string[] {
  const plain = [JSON.stringify({ ...head, ids }), JSON.stringify(head)].filter(fits).slice(0, 1);
  if (!includesData || data === undefined) return plain;
  return [...plain.map((text) => `${text.slice(0, -1)},"data":${data}}`).filter(fits), ...plain];
}

/** Of the parent: with the resource it names the list. */
export function listNames({ parentId, resourceName }: ObjectList): { uri: string; resource: string } {
  return { uri: parentId === '' ? '/' : parentId, resource: resourceName };
}

export function testPush(subscription: Subscription, now: number): PushMessage {
  const texts = [JSON.stringify({ v: 1, test: true, timestamp: now })];
  return { ...optionsOf(subscription), topic: 'test', texts };
}

/** How long the push service keeps it, and how soon it is to be told. */
function optionsOf({ value }: Subscription): Pick<PushMessage, 'ttl' | 'urgency'> {
  const { ttl, urgency } = value;
  return {
    ...(typeof ttl === 'number' ? { ttl } : {}),
    ...(typeof urgency === 'string' ? { urgency: urgency as Urgency } : {}),
  };
}

function fits(text: string): boolean {
  return Buffer.byteLength(text) <= LARGEST_PUSH_TEXT;
}

function topicOf({ parentId, resourceName }: ObjectList, suffix: string): string {
  return createHash('sha256')
    .update(`${parentId}/${resourceName}${suffix}`)
    .digest('base64url')
    .slice(0, TOPIC_CHARACTERS);
}
