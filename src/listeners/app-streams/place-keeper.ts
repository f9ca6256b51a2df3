import type { Storage } from '../../storage/storage.js';
import { streamPlaces, type StreamPlaces } from './stream-places.js';
import type { HeldStream } from './stream-beginning.js';

/** In ms: how often at most the places of one stream are written down (seed-systems.md, 4.3). */
const INTERVAL = 1_000;

export interface KeeperParts {
  readonly storage: Storage;
  /** Whether this server writes nothing: then places are as far as the connection. */
  readonly isReadonly: boolean;
  readonly warn: (error: unknown) => void;
}

/** Writes down how far one stream has come, once in a while and at the end. */
export class PlaceKeeper {
  private unsaved: StreamPlaces = {};
  private timer: NodeJS.Timeout | undefined;
  private saving: Promise<void> = Promise.resolve();

  /** @param saved called when an acknowledged place is durable */
  constructor(
    private readonly parts: KeeperParts,
    private readonly stream: HeldStream,
    private readonly saved: (acked: string) => void,
  ) {}

  keep(places: StreamPlaces): void {
    this.unsaved = { ...this.unsaved, ...places };
    this.timer ??= setTimeout(() => this.save(), INTERVAL).unref();
  }

  /** Resolves when everything is written down, or could not be. */
  close(): Promise<void> {
    if (this.timer !== undefined) this.save();
    return this.saving;
  }

  private save(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const places = this.unsaved;
    this.unsaved = {};
    if (this.parts.isReadonly) return;
    this.saving = this.saving.then(() => this.write(places));
  }

  private async write(places: StreamPlaces): Promise<void> {
    const { owner, key, holder } = this.stream;
    try {
      const isKept = await this.parts.storage.write(async (unit) => {
        // The places of a stream that was deleted, or is somebody else's by now, are not this connection's to move.
        const isOurs = (await streamPlaces.find(unit, owner, key)).holder === holder;
        if (isOurs) await streamPlaces.move(unit, owner, key, places);
        return isOurs;
      });
      if (isKept && places.acked !== undefined) this.saved(places.acked);
    } catch (error) {
      // The next place, or the client's own position, does as well.
      this.parts.warn(error);
    }
  }
}
