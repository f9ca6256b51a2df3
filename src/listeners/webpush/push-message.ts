import { createHash } from 'node:crypto';
import { UndeliverableChange } from '../../changes/change-listener.js';
import type { CommittedChange } from '../../changes/resource-change.js';
import type { PushMessage } from '../../outgoing/webpush/push-sender.js';
import { CHANGE_ACTIONS } from '../../wire/change-action.js';
import { formatPosition } from '../../wire/position.js';

/**
 * What a push service must take is 4,096 bytes encrypted (RFC 8030, 7.2): 86 of them are the header, 17 a delimiter
 * and the tag of the one record (RFC 8291, 4).
 */
export const LARGEST_TEXT = 3993;

/** RFC 8030, 5.4. */
const TOPIC_CHARACTERS = 32;

/**
 * Says what changed in a list (seed-systems.md, 6.3): enough to know where to look, and the object itself if asked for.
 *
 * @throws UndeliverableChange when not even the list's URI fits
 */
export function pushMessage(change: CommittedChange, includeData: boolean): PushMessage {
  const plain = plainText(change);
  const withData = includeData && change.impacted.length === 1 ? textWithData(plain, change) : undefined;
  return { topic: topicOf(change), texts: withData === undefined ? [plain] : [withData, plain] };
}

function plainText({ action, parentId, resourceName, impacted }: CommittedChange): string {
  const last = impacted.at(-1)!;
  const counts = Object.fromEntries(CHANGE_ACTIONS.map((each) => [each, each === action ? impacted.length : 0]));
  const head = {
    v: 1,
    // Of the parent: with the resource it names the list.
    uri: parentId === '' ? '/' : parentId,
    resource: resourceName,
    timestamp: last.timestamp,
    position: formatPosition(last.position),
    counts,
  };
  // A plural DELETE may have deleted a hundred thousand: too many to name, so none is.
  const ids = impacted.length > LARGEST_TEXT ? undefined : impacted.map(({ id }) => id);
  for (const fields of ids === undefined ? [head] : [{ ...head, ids }, head]) {
    const text = JSON.stringify(fields);
    if (Buffer.byteLength(text) <= LARGEST_TEXT) return text;
  }
  throw new UndeliverableChange("the list's URI is too long for a push message");
}

/** The object as the log has its text, so that numbers stay as the client wrote them. */
function textWithData(plain: string, { impacted }: CommittedChange): string | undefined {
  const { newText } = impacted[0]!;
  if (newText.length > LARGEST_TEXT) return undefined;
  const text = `${plain.slice(0, -1)},"data":${newText}}`;
  return Buffer.byteLength(text) > LARGEST_TEXT ? undefined : text;
}

function topicOf({ parentId, resourceName }: CommittedChange): string {
  return createHash('sha256').update(`${parentId}/${resourceName}s`).digest('base64url').slice(0, TOPIC_CHARACTERS);
}
