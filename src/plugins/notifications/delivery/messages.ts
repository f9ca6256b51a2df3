import { createHash } from 'node:crypto';
import type { PushMessage, Urgency } from '../../../outgoing/webpush/push-sender.js';
import type { WebhookMessage } from '../../../outgoing/webhook/webhook-receiver.js';
import { CHANGE_ACTIONS } from '../../../wire/change-action.js';
import { formatPosition } from '../../../wire/position.js';
import type { VisibleChange } from './owner-sight.js';
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
  { maxBodyBytes, isResumed }: { maxBodyBytes: number; isResumed: boolean },
): WebhookMessage {
  const position = formatPosition(changes.at(-1)!.logged.position);
  const id = deliveryId(subscription, changes);
  const texts = changes.map((change) => changeText(change, subscription, maxBodyBytes));
  const resumed = isResumed ? ',"resumed":true' : '';
  const head = JSON.stringify({ delivery: id }).slice(0, -1);
  return { id, body: `${head},"changes":[${texts.join(',')}],"position":${JSON.stringify(position)}${resumed}}` };
}

/** The same for the same changes, unless they are told once more because somebody wants that. */
export function deliveryId(subscription: Subscription, changes: readonly VisibleChange[]): string {
  const positions = [changes[0]!, changes.at(-1)!].map(({ logged }) => formatPosition(logged.position));
  const parts = [subscription.key, subscription.value.replay ?? null, ...positions];
  return `d_${createHash('sha256').update(JSON.stringify(parts)).digest('base64url')}`;
}

/** The change object of seed-systems.md, 1.2; data is the text of the log, so that numbers stay as they were written. */
function changeText(
  { logged, uri, match }: VisibleChange,
  { includesData, includesOld }: Subscription,
  maxBytes: number,
): string {
  const { position, list, action, timestamp, requestId, last, objectId, newText, oldText } = logged;
  const head = JSON.stringify({
    position: formatPosition(position),
    uri,
    resource: list.resourceName,
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
    v: 1,
    // Of the parent: with the resource it names the list.
    uri: list.parentId === '' ? '/' : list.parentId,
    resource: list.resourceName,
    ...{ timestamp, position: formatPosition(position), counts },
  };
  const ids = [...new Set(changes.map(({ logged }) => logged.objectId))];
  const plain = [JSON.stringify({ ...head, ids }), JSON.stringify(head)].filter(fits).slice(0, 1);
  const only = changes.length === 1 ? changes[0] : undefined;
  const isTold = subscription.includesData && only !== undefined && only.match !== 'leave';
  const withData = isTold
    ? plain.map((text) => `${text.slice(0, -1)},"data":${only.logged.newText}}`).filter(fits)
    : [];
  return { ...optionsOf(subscription), topic: topicOf(list), texts: [...withData, ...plain] };
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

function topicOf({ parentId, resourceName }: VisibleChange['logged']['list']): string {
  return createHash('sha256').update(`${parentId}/${resourceName}s`).digest('base64url').slice(0, TOPIC_CHARACTERS);
}
