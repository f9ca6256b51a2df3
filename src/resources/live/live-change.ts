import type { ListedChange } from '../../storage/list-history.js';
import { escapeNonAscii, parseJsonText, stringifyJson, type JsonObject } from '../../wire/json.js';
import { projectFields } from '../../wire/query/projection.js';
import type { LiveQuery } from './live-query.js';

/** One message to whoever follows a list. The same object goes to everybody who is told the same. */
export interface LiveFrame {
  readonly event: string;
  /** The place that is reached with it; absent: none. */
  readonly id?: string;
  /** JSON in ASCII, without line breaks. */
  readonly data: string;
}

/** How an object stands to what somebody sees (seed-systems.md, 7.3). */
export type Match = 'enter' | 'stay' | 'leave';

/** Whom a change is told. */
export interface FrameReader {
  readonly query: LiveQuery;
  readonly tellsUser: boolean;
  /** The place reached before, and with this change. */
  readonly previous: string;
  readonly place: string;
  /** Whether the state before was not theirs to see, though it is asked for. */
  readonly hidesOld?: boolean;
}

/** One change on its way to many: what is parsed, filtered and encoded for one serves all that ask for the same. */
export class LiveChange {
  private newValue: JsonObject | undefined;
  private oldValue: JsonObject | undefined;
  private readonly matched = new Map<string, readonly [boolean, boolean]>();
  private readonly frames = new Map<string, LiveFrame>();

  /**
   * @param listUri of the list that it is a change of
   * @param maxBytes how large a frame may be; of a larger one only the id of its object is told
   */
  constructor(
    readonly logged: ListedChange,
    private readonly listUri: string,
    private readonly maxBytes = Infinity,
  ) {}

  /** Whether the old and the new state fit the filters. A deleted object has no new state, a new one no old state. */
  fits({ key, matches }: LiveQuery): readonly [boolean, boolean] {
    let fits = this.matched.get(key);
    if (fits === undefined) {
      const { oldText, action } = this.logged;
      fits = [oldText !== null && matches(this.old()), action !== 'delete' && matches(this.new())];
      this.matched.set(key, fits);
    }
    return fits;
  }

  frame(match: Match, reader: FrameReader): LiveFrame {
    const { query, tellsUser, previous, place, hidesOld = false } = reader;
    const key = `${match} ${tellsUser ? 1 : 0}${hidesOld ? 1 : 0} ${previous} ${place} ${query.key}`;
    let frame = this.frames.get(key);
    if (frame === undefined) {
      frame = this.makeFrame(match, reader);
      this.frames.set(key, frame);
    }
    return frame;
  }

  private makeFrame(match: Match, { query, tellsUser, previous, place, hidesOld }: FrameReader): LiveFrame {
    const { action, objectId, timestamp, requestId, last, userId, newText, oldText } = this.logged;
    if (match === 'leave' && action !== 'delete') {
      const data = stringifyJson({ position: place, previous, match, data: { id: objectId } });
      return { event: 'leave', id: place, data: escapeNonAscii(data) };
    }
    const head = JSON.stringify({
      ...{ position: place, previous, uri: `${this.listUri}/${objectId}`, resource: this.resourceName },
      ...{ action, match, timestamp, request_id: requestId, last },
      ...(tellsUser ? { user_id: userId } : {}),
    });
    const { fields } = query.list;
    // The text of the log where it is told whole, so that numbers stay as the client wrote them.
    const data = fields === undefined ? newText : stringifyJson(projectFields(this.new(), fields));
    const old = fields === undefined || oldText === null ? oldText : stringifyJson(projectFields(this.old(), fields));
    const oldPart = query.tellsOld && hidesOld !== true && old !== null ? `,"old":${old}` : '';
    const whole = escapeNonAscii(`${head.slice(0, -1)},"data":${data}${oldPart}}`);
    if (whole.length <= this.maxBytes) return { event: action, id: place, data: whole };
    const instead = `"too_large":true,"data":${JSON.stringify({ id: objectId, last_modified: timestamp })}`;
    return { event: action, id: place, data: escapeNonAscii(`${head.slice(0, -1)},${instead}}`) };
  }

  private get resourceName(): string {
    return this.listUri.slice(this.listUri.lastIndexOf('/') + 1).replace(/s$/, '');
  }

  private new(): JsonObject {
    return (this.newValue ??= parseJsonText(this.logged.newText) as JsonObject);
  }

  private old(): JsonObject {
    return (this.oldValue ??= parseJsonText(this.logged.oldText ?? '{}') as JsonObject);
  }
}
