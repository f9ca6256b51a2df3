import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { JsonObject } from '../../wire/json.js';
import type { AttachmentStore } from './attachment-store.js';
import type { RecordIds } from './file-names.js';
import { problem, type PostedFile } from './form.js';
import type { UploadRule } from './upload-rules.js';

/** A file that has been kept, and what its record shall say of it. */
export interface StoredAttachment {
  /** In the store. */
  readonly name: string;
  readonly attachment: JsonObject;
}

const gzipped = promisify(gzip);

/**
 * Keeps the file as the rule says.
 *
 * @param baseUrl ends with a slash, or is empty
 * @throws ApiError for a file that is not taken
 */
export async function storeAttachment(
  file: PostedFile,
  ids: RecordIds,
  { rule, store, baseUrl }: { rule: UploadRule; store: AttachmentStore; baseUrl: string },
): Promise<StoredAttachment> {
  const { settings, names } = rule;
  const { maxSize } = settings;
  if (maxSize > 0 && file.content.length > maxSize) {
    throw problem(`File size (${file.content.length} bytes) exceeds the limit (${maxSize} bytes).`);
  }
  // The file's own name also where it is compressed: Kinto then let everything in.
  if (!names.isTaken(file.filename)) throw problem('File extension is not allowed.');
  const original = { ...file, type: names.typeOf(file.filename, file.type) };
  const kept = settings.gzipped ? await compress(original) : original;
  const name = await store.save(names.nameOf(kept.filename, ids, new Date()), kept.content, kept.type);
  const described = describe(kept);
  const attachment: JsonObject = {
    filename: described.filename!,
    location: baseUrl + encodeURI(name),
    hash: described.hash!,
    mimetype: described.mimetype!,
    size: described.size!,
    ...(settings.gzipped ? { original: describe(original) } : {}),
  };
  return { name, attachment };
}

async function compress({ filename, content }: PostedFile): Promise<PostedFile> {
  return { filename: `${filename}.gz`, type: 'application/x-gzip', content: await gzipped(content) };
}

function describe({ filename, type, content }: PostedFile): JsonObject {
  const hash = createHash('sha256').update(content).digest('hex');
  return { filename, hash, mimetype: type, size: content.length };
}
