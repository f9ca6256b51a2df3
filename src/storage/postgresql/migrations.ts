import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ROOT_RESOURCE } from '../../wire/uri.js';
import { hasKintoTables, KINTO_OBJECTS, makeMetadata } from './kinto-tables.js';

/** The tables of the storage room on PostgreSQL: Kinto's, with columns of ours that it need not know, and our own. */
export class PostgresqlStorageTables1763700000100 implements MigrationInterface {
  name = 'PostgresqlStorageTables1763700000100';

  async up(queryRunner: QueryRunner): Promise<void> {
    if (!(await hasKintoTables(queryRunner, 'storage'))) {
      await makeMetadata(queryRunner, 'storage');
      for (const statement of KINTO_OBJECTS) await queryRunner.query(statement);
    }
    for (const statement of OURS) await queryRunner.query(statement);
  }

  /** Kinto's tables stay: what is in them is not ours alone. */
  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of BACK) await queryRunner.query(statement);
  }
}

/**
 * Kinto's trigger gives out timestamps, and would change those that the counter row has given. A write of ours is known
 * by its new number: Kinto, which does not know the column, leaves it as it is.
 */
const BY_KINTO = {
  onInsert: 'WHEN (NEW.change_n IS NULL)',
  onUpdate: 'WHEN (NEW.change_n IS NOT DISTINCT FROM OLD.change_n)',
};

const OURS = [
  'ALTER TABLE objects ADD COLUMN change_n bigint, ADD COLUMN change_salt integer',
  'ALTER TABLE timestamps ADD COLUMN epoch text, ADD COLUMN n bigint, ADD COLUMN purged_to_n bigint',
  'DROP TRIGGER IF EXISTS tgr_objects_last_modified ON objects',
  `CREATE TRIGGER tgr_objects_last_modified BEFORE INSERT ON objects
    FOR EACH ROW ${BY_KINTO.onInsert} EXECUTE FUNCTION bump_timestamp()`,
  `CREATE TRIGGER tgr_objects_last_modified_on_update BEFORE UPDATE OF data ON objects
    FOR EACH ROW ${BY_KINTO.onUpdate} EXECUTE FUNCTION bump_timestamp()`,
  // The counter row is ours alone to read: it has to know of everything that a Kinto has written meanwhile. That is in
  // no log, so whoever follows the list has to read it anew: its epoch is over.
  `CREATE FUNCTION kumocast_written_by_kinto() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO timestamps AS known (parent_id, resource_name, last_modified)
        VALUES (NEW.parent_id, NEW.resource_name, NEW.last_modified)
        ON CONFLICT (parent_id, resource_name) DO UPDATE
          SET last_modified = greatest(known.last_modified, excluded.last_modified), epoch = NULL;
      RETURN NULL;
    END $$`,
  `CREATE TRIGGER tgr_objects_written_by_kinto AFTER INSERT ON objects
    FOR EACH ROW ${BY_KINTO.onInsert} EXECUTE FUNCTION kumocast_written_by_kinto()`,
  `CREATE TRIGGER tgr_objects_written_by_kinto_on_update AFTER UPDATE ON objects
    FOR EACH ROW ${BY_KINTO.onUpdate} EXECUTE FUNCTION kumocast_written_by_kinto()`,
  // The same for what is there already.
  `INSERT INTO timestamps AS known (parent_id, resource_name, last_modified)
    SELECT parent_id, resource_name, max(last_modified) FROM objects GROUP BY parent_id, resource_name
    ON CONFLICT (parent_id, resource_name) DO UPDATE
      SET last_modified = greatest(known.last_modified, excluded.last_modified)`,
  // The newest timestamp among lists that are gone: lists made anew begin after it.
  `CREATE TABLE removed_lists (id smallint PRIMARY KEY CHECK (id = 1), last_modified timestamp NOT NULL)`,
  `CREATE TABLE change_entries (seq bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, parent_id text COLLATE "C" NOT NULL,
    resource_name text COLLATE "C" NOT NULL, object_id text NOT NULL, epoch text NOT NULL, n bigint NOT NULL,
    salt integer NOT NULL, action text NOT NULL, timestamp bigint NOT NULL, user_id text, request_id text NOT NULL,
    last integer NOT NULL, new_object text NOT NULL, old_object text)`,
  'CREATE INDEX idx_change_entries_parent_id_resource_name_n ON change_entries (parent_id, resource_name, n)',
  // Committed, or about to be, and without a place in the log; see `change-places.ts`.
  'CREATE TABLE change_queue (seq bigint PRIMARY KEY, request_id text NOT NULL)',
  'CREATE TABLE change_places (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, seq bigint NOT NULL)',
  `CREATE VIEW changes AS SELECT id, parent_id, resource_name, object_id, epoch, n, salt, action, timestamp, user_id,
    request_id, last, new_object, old_object FROM change_places JOIN change_entries USING (seq)`,
  'CREATE TABLE cursors (consumer text PRIMARY KEY, change_id bigint NOT NULL)',
  // Kinto's facts may be there several times; ours are there once, whoever is the first to make them.
  `CREATE UNIQUE INDEX idx_metadata_kumocast ON metadata (name)
    WHERE name <> 'created_at' AND name NOT LIKE '%schema_version'`,
  // The text that `like_` looks at: without the spaces that jsonb puts between, and nothing for null.
  `CREATE FUNCTION kumocast_text(value jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE jsonb_typeof(value)
      WHEN 'null' THEN NULL
      WHEN 'string' THEN value #>> '{}'
      WHEN 'number' THEN value::text
      WHEN 'boolean' THEN value::text
      ELSE regexp_replace(value::text, '("(?:[^"\\\\]|\\\\.)*")|\\s+', '\\1', 'g')
    END $$`,
  // See `describeUri` in wire/uri.ts.
  `CREATE FUNCTION kumocast_describe_uri(uri text, shapes jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
    DECLARE
      segments text[] := string_to_array(substr(uri, 2), '/');
      ids jsonb := '{}';
      shape text;
      resource text;
      depth integer := coalesce(cardinality(segments), 0);
    BEGIN
      IF uri = '/' THEN RETURN jsonb_build_object('uri', uri, 'resource_name', '${ROOT_RESOURCE}'); END IF;
      IF left(uri, 1) <> '/' OR depth = 0 OR depth % 2 = 1 THEN RETURN NULL; END IF;
      FOR i IN 1 .. depth BY 2 LOOP
        shape := concat_ws('/', shape, segments[i]);
        resource := shapes ->> shape;
        IF resource IS NULL OR segments[i + 1] = '' THEN RETURN NULL; END IF;
        ids := ids || jsonb_build_object(resource || '_id', segments[i + 1]);
      END LOOP;
      RETURN jsonb_build_object('uri', uri, 'resource_name', resource, 'id', segments[depth]) || ids;
    END $$`,
];

const BACK = [
  'DROP FUNCTION kumocast_describe_uri(text, jsonb)',
  'DROP FUNCTION kumocast_text(jsonb)',
  'DROP INDEX idx_metadata_kumocast',
  'DROP VIEW changes',
  ...['cursors', 'change_places', 'change_queue', 'change_entries', 'removed_lists'].map(
    (name) => `DROP TABLE ${name}`,
  ),
  'DROP TRIGGER tgr_objects_written_by_kinto ON objects',
  'DROP TRIGGER tgr_objects_written_by_kinto_on_update ON objects',
  'DROP FUNCTION kumocast_written_by_kinto()',
  'DROP TRIGGER tgr_objects_last_modified ON objects',
  'DROP TRIGGER tgr_objects_last_modified_on_update ON objects',
  `CREATE TRIGGER tgr_objects_last_modified BEFORE INSERT OR UPDATE OF data ON objects
    FOR EACH ROW EXECUTE FUNCTION bump_timestamp()`,
  'ALTER TABLE timestamps DROP COLUMN epoch, DROP COLUMN n, DROP COLUMN purged_to_n',
  'ALTER TABLE objects DROP COLUMN change_n, DROP COLUMN change_salt',
];
