import { parsePlace } from '../../resources/live/list-place.js';
import type { LiveFrame } from '../../resources/live/live-change.js';
import type { Position } from '../../wire/position.js';

/** Whom a frame is told; there is one for each list that is followed. */
export interface FrameReader {
  readonly id: string;
}

/** What a subscription is told with a frame: that it has come to a place, if the frame has one. */
export interface ReachedPlace<R extends FrameReader> {
  readonly reader: R;
  readonly place: string | undefined;
}

/** One message, for one subscription or for several. */
export interface OutgoingFrame<R extends FrameReader> {
  readonly event: string;
  /** JSON in ASCII, without line breaks. */
  readonly data: string;
  readonly reached: readonly ReachedPlace<R>[];
}

interface Member<R extends FrameReader> {
  readonly reader: R;
  /** The place it was told before. */
  readonly previous: string;
}

/** The same, told to all its members. */
interface Group<R extends FrameReader> {
  /** In the queue. */
  index: number;
  readonly frame: LiveFrame;
  readonly position: Position | undefined;
  /** Of the frame's JSON, what stands behind `position` and `previous`; `undefined`: it does not begin with them. */
  readonly rest: string | undefined;
  readonly members: Member<R>[];
}

/**
 * Frames on their way to one connection. What one change means for several subscriptions becomes one frame, where it
 * means the same to them. The order of what each is told is kept.
 */
export class FrameQueue<R extends FrameReader> {
  private groups: Group<R>[] = [];
  /** By the position that is reached with them. */
  private readonly byPlace = new Map<string, Group<R>[]>();
  private readonly last = new Map<R, Group<R>>();
  private size = 0;

  /** How many bytes wait, about. */
  get bytes(): number {
    return this.size;
  }

  get isEmpty(): boolean {
    return this.groups.length === 0;
  }

  /** @param previous the place that this reader was told before */
  add(reader: R, frame: LiveFrame, previous: string): void {
    const rest = restOf(frame, previous);
    const group = this.findSame(reader, frame, rest, previous) ?? this.begin(reader, frame, rest);
    group.members.push({ reader, previous });
    this.last.set(reader, group);
  }

  /** That reader wants nothing more of what waits. */
  forget(reader: R): void {
    if (!this.last.delete(reader)) return;
    for (const group of this.groups) {
      const index = group.members.findIndex((member) => member.reader === reader);
      if (index >= 0) group.members.splice(index, 1);
    }
  }

  /** Everything that waits, which then does not any more. */
  take(): OutgoingFrame<R>[] {
    const { groups } = this;
    this.groups = [];
    this.byPlace.clear();
    this.last.clear();
    this.size = 0;
    return groups.filter(({ members }) => members.length > 0).flatMap(framesOf);
  }

  private begin(reader: R, frame: LiveFrame, rest: string | undefined): Group<R> {
    const position = frame.id === undefined ? undefined : parsePlace(frame.id)?.position;
    const group: Group<R> = { index: this.indexFor(reader, position), frame, position, rest, members: [] };
    this.groups.splice(group.index, 0, group);
    for (let index = group.index + 1; index < this.groups.length; index += 1) this.groups[index]!.index = index;
    this.size += frame.data.length;
    if (frame.id !== undefined) this.byPlace.set(frame.id, [...(this.byPlace.get(frame.id) ?? []), group]);
    return group;
  }

  /** Before what comes later in its list, so that others can still be told the later with the same frame. */
  private indexFor(reader: R, position: Position | undefined): number {
    const after = this.after(reader);
    if (position === undefined) return this.groups.length;
    for (let index = after; index < this.groups.length; index += 1) {
      const other = this.groups[index]!.position;
      if (other?.epoch === position.epoch && other.n > position.n) return index;
    }
    return this.groups.length;
  }

  /** Where the first frame may stand that comes after all that this reader is told. */
  private after(reader: R): number {
    return (this.last.get(reader)?.index ?? -1) + 1;
  }

  private findSame(reader: R, frame: LiveFrame, rest: string | undefined, previous: string): Group<R> | undefined {
    if (frame.id === undefined || rest === undefined) return undefined;
    const after = this.after(reader);
    return this.byPlace.get(frame.id)?.find((group) => {
      const isSame = group.frame.event === frame.event && group.rest === rest;
      const [first] = group.members;
      return isSame && group.index >= after && first !== undefined && areOfOneHistory(first.previous, previous);
    });
  }
}

/** What stands behind the places in a frame that begins with them, as those of changes and checkpoints do. */
function restOf({ id, data }: LiveFrame, previous: string): string | undefined {
  if (id === undefined) return undefined;
  const places = JSON.stringify({ position: id, previous }).slice(0, -1);
  return data.startsWith(places) ? data.slice(places.length) : undefined;
}

/** Whether one can be called newer than the other. */
function areOfOneHistory(one: string, other: string): boolean {
  if (one === other) return true;
  const [a, b] = [parsePlace(one), parsePlace(other)];
  return a !== undefined && a.position.epoch === b?.position.epoch && a.isPartial === b.isPartial;
}

/**
 * A frame names one predecessor. Who was told less before is brought there first: what lies between was not theirs to
 * hear, or it would have been told.
 */
function framesOf<R extends FrameReader>({ frame, rest, members }: Group<R>): OutgoingFrame<R>[] {
  const { event, id, data } = frame;
  const reached = members.map(({ reader }) => ({ reader, place: id }));
  if (rest === undefined) {
    const inner = data === '{}' ? '}' : `,${data.slice(1)}`;
    return [{ event, data: headOf(event, members) + inner, reached }];
  }
  const newest = members.map(({ previous }) => previous).reduce((a, b) => (numberOf(b) > numberOf(a) ? b : a));
  const late = new Map<string, Member<R>[]>();
  for (const member of members) {
    if (member.previous !== newest) late.set(member.previous, [...(late.get(member.previous) ?? []), member]);
  }
  const checkpoints = [...late].map(([previous, those]) => ({
    event: 'checkpoint',
    data: `${headOf('checkpoint', those)},${placesText(newest, previous)}}`,
    reached: those.map(({ reader }) => ({ reader, place: newest })),
  }));
  const text = `${headOf(event, members)},${placesText(id!, newest)}${rest}`;
  return [...checkpoints, { event, data: text, reached }];
}

function headOf<R extends FrameReader>(event: string, members: readonly Member<R>[]): string {
  return JSON.stringify({ event, subscription_ids: members.map(({ reader }) => reader.id) }).slice(0, -1);
}

/** Without the braces. */
function placesText(position: string, previous: string): string {
  return JSON.stringify({ position, previous }).slice(1, -1);
}

function numberOf(place: string): number {
  return parsePlace(place)?.position.n ?? 0;
}
