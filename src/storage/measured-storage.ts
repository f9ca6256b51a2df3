import type { ObjectList, Storage, StorageView, UnitOfWork } from './storage.js';

/** Told how long a snapshot or a unit of work took, from asking for it to its end, in s. */
export type StorageObserver = (method: 'read' | 'write', seconds: number) => void;

/** A storage that is watched. */
export class MeasuredStorage implements Storage {
  constructor(
    private readonly storage: Storage,
    private readonly observe: StorageObserver,
  ) {}

  read<T>(work: (view: StorageView) => Promise<T>): Promise<T> {
    return this.measure('read', this.storage.read(work));
  }

  write<T>(work: (unit: UnitOfWork) => Promise<T>, lists?: () => readonly ObjectList[]): Promise<T> {
    return this.measure('write', this.storage.write(work, lists));
  }

  onCommit(listener: () => void): void {
    this.storage.onCommit(listener);
  }

  isHealthy(): Promise<boolean> {
    return this.storage.isHealthy();
  }

  private async measure<T>(method: 'read' | 'write', answer: Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      return await answer;
    } finally {
      this.observe(method, (performance.now() - started) / 1000);
    }
  }
}
