import type { JournalEntry } from '../../src/storage/journal.js';
import type { ObjectList } from '../../src/storage/storage.js';
import type { ChangeAction } from '../../src/wire/change-action.js';
import { TASKS } from '../support/change-writer.js';

let counted = 0;

/** One noted change; each has a later timestamp than the one before. */
export function entry(action: ChangeAction, objectId: string, list: ObjectList = TASKS): JournalEntry {
  counted += 1;
  return {
    list,
    objectId,
    position: { epoch: 'e', n: counted, salt: 0 },
    action,
    timestamp: 1_763_700_000_000 + counted,
    userId: 'basicauth:alice',
    newText: `{"id":"${objectId}"}`,
    oldText: action === 'create' ? null : `{"id":"${objectId}","old":true}`,
  };
}
