import { Logger } from '@nestjs/common';
import type { UnitOfWork } from '../../storage/storage.js';
import type { AttachmentStore } from './attachment-store.js';
import { attachmentLinks } from './attachment-links.js';
import { uriParts } from '../../wire/uri.js';
import type { UploadRules } from './upload-rules.js';

/**
 * Lets go of files that no record has any more. A file outlives the commit that lets go of it: after a crash there may
 * be a file without a record, never a record without its file.
 */
export class FileRemoval {
  private readonly log = new Logger('attachments');

  constructor(
    private readonly store: AttachmentStore,
    private readonly rules: UploadRules,
  ) {}

  /** Of the record of that URI, or of every record below the bucket or collection of that URI. */
  async afterCommit(unit: UnitOfWork, uri: string): Promise<void> {
    const links = await attachmentLinks.listBelow(unit.sql, uri);
    if (links.length === 0) return;
    await attachmentLinks.removeBelow(unit, uri);
    const names = links.filter((link) => !this.isKept(link.uri)).map(({ name }) => name);
    unit.onceDurable(() => void this.removeAll(names));
  }

  /** Never rejects. */
  async removeAll(names: readonly string[]): Promise<void> {
    for (const name of names) {
      try {
        await this.store.remove(name);
      } catch (error) {
        const { code, message } = error as { code?: string; message?: string };
        this.log.warn(`${name} could not be removed: ${code ?? message ?? 'the store failed'}`);
      }
    }
  }

  private isKept(recordUri: string): boolean {
    const { bucket_id: bucket = '', collection_id: collection = '' } = uriParts(recordUri);
    return this.rules.of(bucket, collection).settings.keepOldFiles;
  }
}
