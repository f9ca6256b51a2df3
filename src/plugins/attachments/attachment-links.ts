import type { StorageView, UnitOfWork } from '../../storage/storage.js';
import type { SqlSession } from '../../storage/sql-session.js';
import { isJsonObject, type JsonObject } from '../../wire/json.js';

/** Which file belongs to a record. */
export interface AttachmentLink {
  /** In the store. */
  readonly name: string;
  /** What the record was made to say of it. */
  readonly attachment: JsonObject;
}

const ROOT = '/__attachments__';
const RESOURCE = 'attachment-link';
const ID = 'file';

/** `0` is the character after `/`. */
const BELOW = `FROM objects WHERE (parent_id = ? OR (parent_id >= ? || '/' AND parent_id < ? || '0'))
  AND resource_name = '${RESOURCE}' AND deleted = FALSE`;

/**
 * The links from records to their files, each an object in a list of its own beside the record's. What a record says of
 * its file is no link: anybody who may write a record that has none can make it say anything.
 */
export const attachmentLinks = {
  /** @param uri the record's */
  async find(view: StorageView, uri: string): Promise<AttachmentLink | undefined> {
    const object = await view.findObject(listOf(uri), ID);
    return object === undefined ? undefined : readLink(object.value);
  },

  /** Takes the place of the record's link so far, if there is one. */
  async set(unit: UnitOfWork, uri: string, { name, attachment }: AttachmentLink): Promise<void> {
    const list = listOf(uri);
    const before = await unit.findObject(list, ID);
    const value = { name, attachment };
    if (before === undefined) await unit.createObject(list, ID, value);
    else await unit.updateObject(list, before, value);
  },

  /** The links of the record, or of all records below the bucket or collection, with the records' URIs. */
  async listBelow(sql: SqlSession, uri: string): Promise<(AttachmentLink & { readonly uri: string })[]> {
    const statement = `SELECT parent_id, data ${BELOW}`;
    const rows = await sql.all<{ parent_id: string; data: string }>(statement, Array<string>(3).fill(ROOT + uri));
    return rows.map((row) => {
      return { ...readLink(JSON.parse(row.data) as JsonObject), uri: row.parent_id.slice(ROOT.length) };
    });
  },

  /** Whether anything below has a file: one question instead of thousands, where thousands of objects go. */
  async hasBelow(sql: SqlSession, uri: string): Promise<boolean> {
    const statement = `SELECT 1 AS one ${BELOW} LIMIT 1`;
    return (await sql.first<{ one: number }>(statement, Array<string>(3).fill(ROOT + uri))) !== undefined;
  },

  async removeBelow(unit: UnitOfWork, uri: string): Promise<void> {
    await unit.deleteBelow(ROOT + uri);
  },
};

function listOf(uri: string) {
  return { parentId: ROOT + uri, resourceName: RESOURCE };
}

function readLink({ name, attachment }: JsonObject): AttachmentLink {
  if (typeof name !== 'string' || !isJsonObject(attachment)) throw new Error('an attachment link is broken');
  return { name, attachment };
}
