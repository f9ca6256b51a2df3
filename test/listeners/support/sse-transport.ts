import type { JsonObject } from '../../../src/wire/json.js';
import type { Connection, Following, Told, Transport } from '../../contracts/transport.contract.js';
import type { TestServer } from '../../support/server.js';
import { LiveReader, type ReadEvent } from './live-reader.js';

/** A list's own URL as server-sent events. */
export const sseTransport: Transport = {
  hasFilters: true,
  tellsPartialViews: true,
  refuses: true,
  countsChanges: true,
  async connect(server: TestServer, { auth, list, filter, position }: Following) {
    const reader = await LiveReader.open(server, `${list}?_snapshot=true&${filter}`, { auth, after: position });
    if (reader.status === 200) return new SseConnection(reader);
    reader.drop();
    return undefined;
  },
};

class SseConnection implements Connection {
  private looked = 0;
  private snapshot: JsonObject[] = [];

  constructor(private readonly reader: LiveReader) {}

  async next(): Promise<Told | undefined> {
    for (;;) {
      await this.reader.until(() => this.reader.events.length > this.looked || this.reader.isEnded, 'an event');
      const event = this.reader.events[this.looked];
      if (event === undefined) return undefined;
      this.looked += 1;
      const told = this.read(event);
      if (told !== undefined) return told;
    }
  }

  arrived(): Promise<Told[]> {
    const events = this.reader.events.slice(this.looked);
    this.looked = this.reader.events.length;
    return Promise.resolve(events.map((event) => this.read(event)).filter((told) => told !== undefined));
  }

  drop(): void {
    this.reader.drop();
  }

  private read({ event, data }: ReadEvent): Told | undefined {
    switch (event) {
      case 'open':
        return undefined;
      case 'snapshot':
        this.snapshot.push(...(data.data as JsonObject[]));
        return undefined;
      case 'snapshot_end':
        return { kind: 'snapshot', objects: this.snapshot, position: data.position as string };
      case 'checkpoint':
        return { kind: 'checkpoint', position: data.position as string, previous: data.previous as string };
      case 'reset':
        return { kind: 'reset', position: data.position as string };
      case 'revoked':
      case 'gone':
      case 'bye':
        return { kind: 'over' };
      default:
        return readListChange(data);
    }
  }
}

/** A change object (seed-systems.md, 1.2), as the transports of lists have it. */
export function readListChange(frame: JsonObject): Told {
  const { position, previous } = frame as { position: string; previous: string };
  const kind = frame.match === 'leave' ? 'remove' : 'set';
  const object = frame.data as JsonObject;
  return { kind, object, position, previous, place: position, isCoalesced: frame.coalesced === true };
}
