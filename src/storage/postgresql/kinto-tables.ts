import type { QueryRunner } from 'typeorm';

/*
 * Kinto's own layout (kinto-api.md, 16.1 to 16.3), so that a real Kinto can work on the same database before us and
 * after us. What a Kinto has made is left as it is; an empty database gets the same.
 */

/** The versions of Kinto's layout that are known here. */
const KNOWN_VERSIONS = { storage: 26, permission: 2 } as const;

/**
 * Whether a Kinto has its tables here already.
 *
 * @throws Error when they have another layout than the one that is known
 */
export async function hasKintoTables(queryRunner: QueryRunner, which: keyof typeof KNOWN_VERSIONS): Promise<boolean> {
  const table = which === 'storage' ? 'objects' : 'access_control_entries';
  if (!(await queryRunner.hasTable(table))) return false;
  const name = `${which}_schema_version`;
  // Rows are only ever added: the highest counts.
  const rows = (await queryRunner.query(`SELECT max(value::integer) AS version FROM metadata WHERE name = $1`, [
    name,
  ])) as { version: number | null }[];
  const version = rows[0]?.version ?? undefined;
  if (version === KNOWN_VERSIONS[which]) return true;
  throw new Error(
    `The database has version ${version ?? 'unknown'} of Kinto's ${which} schema; version ${KNOWN_VERSIONS[which]} is` +
      ' needed. Run the "migrate" command of Kinto 13 or later first.',
  );
}

/** Facts, one a row; never changed, only added to. Kinto's two rooms share it. */
export async function makeMetadata(queryRunner: QueryRunner, which: keyof typeof KNOWN_VERSIONS): Promise<void> {
  await queryRunner.query(
    `CREATE TABLE IF NOT EXISTS metadata (name varchar(128) NOT NULL, value varchar(512) NOT NULL)`,
  );
  const facts = { [`${which}_schema_version`]: String(KNOWN_VERSIONS[which]) };
  // By this row Kinto tells a database that it has made from one that is empty.
  if (which === 'storage') facts.created_at = new Date().toISOString();
  for (const fact of Object.entries(facts)) {
    await queryRunner.query('INSERT INTO metadata (name, value) VALUES ($1, $2)', fact);
  }
}

export const KINTO_OBJECTS = [
  `CREATE OR REPLACE FUNCTION as_epoch(ts timestamp) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
    BEGIN RETURN (extract(epoch FROM ts) * 1000)::bigint; END $$`,
  `CREATE OR REPLACE FUNCTION from_epoch(epoch bigint) RETURNS timestamp LANGUAGE plpgsql IMMUTABLE AS $$
    BEGIN RETURN timestamptz 'epoch' + epoch * interval '1 millisecond'; END $$`,
  `CREATE TABLE objects (
    id text COLLATE "C" NOT NULL, parent_id text COLLATE "C" NOT NULL, resource_name text COLLATE "C" NOT NULL,
    last_modified timestamp NOT NULL, data jsonb NOT NULL DEFAULT '{}', deleted boolean NOT NULL,
    PRIMARY KEY (id, parent_id, resource_name))`,
  `CREATE UNIQUE INDEX idx_objects_parent_id_resource_name_last_modified
    ON objects (parent_id, resource_name, last_modified DESC)`,
  'CREATE INDEX idx_objects_last_modified_epoch ON objects (as_epoch(last_modified))',
  'CREATE INDEX idx_objects_resource_name_parent_id_deleted ON objects (resource_name, parent_id, deleted)',
  `CREATE INDEX idx_objects_parent_id_record_last_modified ON objects (parent_id, last_modified DESC)
    WHERE resource_name = 'record'`,
  `CREATE INDEX idx_objects_history_userid_and_resourcename
    ON objects ((data -> 'user_id'), (data -> 'resource_name')) WHERE resource_name = 'history'`,
  `CREATE TABLE timestamps (
    parent_id text COLLATE "C" NOT NULL, resource_name text COLLATE "C" NOT NULL, last_modified timestamp NOT NULL,
    PRIMARY KEY (parent_id, resource_name))`,
  // What a Kinto writes without a timestamp, or with the list's very own, gets one after the list's.
  `CREATE OR REPLACE FUNCTION bump_timestamp() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      newest bigint;
      fresh bigint := as_epoch((clock_timestamp() AT TIME ZONE 'UTC')::timestamp);
    BEGIN
      SELECT as_epoch(greatest(
        (SELECT max(last_modified) FROM objects
          WHERE parent_id = NEW.parent_id AND resource_name = NEW.resource_name),
        (SELECT last_modified FROM timestamps
          WHERE parent_id = NEW.parent_id AND resource_name = NEW.resource_name))) INTO newest;
      fresh := greatest(fresh, newest + 1);
      IF NEW.last_modified IS NULL OR as_epoch(NEW.last_modified) = newest THEN
        NEW.last_modified := from_epoch(fresh);
      END IF;
      RETURN NEW;
    END $$`,
];

export const KINTO_PERMISSIONS = [
  `CREATE TABLE user_principals (user_id text COLLATE "C", principal text, PRIMARY KEY (user_id, principal))`,
  `CREATE TABLE access_control_entries (object_id text COLLATE "C", permission text, principal text,
    PRIMARY KEY (object_id, permission, principal))`,
  'CREATE INDEX idx_access_control_entries_object_id ON access_control_entries (object_id)',
  'CREATE INDEX idx_access_control_entries_permission ON access_control_entries (permission)',
  'CREATE INDEX idx_access_control_entries_principal ON access_control_entries (principal)',
];
