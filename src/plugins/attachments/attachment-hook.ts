import { isDeepStrictEqual } from 'node:util';
import type { CommitHook } from '../../changes/commit-hook.js';
import type { ImpactedObject, ResourceChange } from '../../changes/resource-change.js';
import type { UnitOfWork } from '../../storage/storage.js';
import { ApiError } from '../../wire/api-error.js';
import { parseJsonText, type JsonObject, type JsonValue } from '../../wire/json.js';
import { attachmentLinks } from './attachment-links.js';
import type { FileRemoval } from './file-removal.js';

const PLURALS: Readonly<Record<string, string>> = { bucket: 'buckets', collection: 'collections', record: 'records' };

/** Keeps records and files together: deleting lets go of files, and nobody but the plugin says what a file is. */
export class AttachmentHook implements CommitHook {
  constructor(private readonly removal: FileRemoval) {}

  /** @throws ApiError CHANGE_REFUSED */
  async beforeCommit(changes: readonly ResourceChange[], unit: UnitOfWork): Promise<void> {
    for (const { action, resourceName, parentId, impacted } of changes) {
      const plural = PLURALS[resourceName];
      if (plural === undefined) continue;
      if (action === 'delete' && !(await attachmentLinks.hasBelow(unit.sql, parentId))) continue;
      for (const object of impacted) {
        const uri = `${parentId}/${plural}/${object.id}`;
        if (action === 'delete') await this.removal.afterCommit(unit, uri);
        else if (action === 'update' && resourceName === 'record') await ensureUntouched(unit, uri, object);
      }
    }
  }
}

/** As in Kinto, an attachment may be left out or set to nothing, but not made to be another one. */
async function ensureUntouched(unit: UnitOfWork, uri: string, { newText, oldText }: ImpactedObject): Promise<void> {
  const before = attachmentIn(oldText);
  const after = attachmentIn(newText);
  if (!isThere(before) || !isThere(after) || isDeepStrictEqual(before, after)) return;
  // The plugin's own writes are known by what it has just noted.
  const link = await attachmentLinks.find(unit, uri);
  if (link !== undefined && isDeepStrictEqual(link.attachment, after)) return;
  throw new ApiError('CHANGE_REFUSED', { message: 'Attachment metadata cannot be modified.' });
}

function attachmentIn(text: string | null): JsonValue | undefined {
  if (text === null || !text.includes('"attachment"')) return undefined;
  return (parseJsonText(text) as JsonObject).attachment;
}

/** Python's idea of it: nothing, zero and emptiness are not. */
function isThere(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === false || value === '' || value === 0) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
