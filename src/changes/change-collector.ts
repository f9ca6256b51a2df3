import type { JournalEntry } from '../storage/journal.js';
import { mergeEntries, type ResourceChange } from './resource-change.js';

/** What one unit of work has changed so far, in the order it happened. */
export class ChangeCollector {
  private readonly noted: JournalEntry[] = [];

  note(entry: JournalEntry): void {
    this.noted.push(entry);
  }

  get entries(): readonly JournalEntry[] {
    return this.noted;
  }

  /** Merged by resource, parent and action. */
  get changes(): ResourceChange[] {
    return mergeEntries(this.noted);
  }

  /** A mark to {@link rewind} to, should what follows be undone. */
  mark(): number {
    return this.noted.length;
  }

  /** Forgets what was noted since the mark. */
  rewind(mark: number): void {
    this.noted.length = mark;
  }
}
