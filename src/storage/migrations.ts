import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The tables of the storage room. What was released is never edited: a change is a further migration. */
export class StorageTables1763700000000 implements MigrationInterface {
  name = 'StorageTables1763700000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['objects', 'timestamps', 'changes', 'cursors', 'metadata']) {
      await queryRunner.query(`DROP TABLE "${table}"`);
    }
  }
}

const UP = [
  `CREATE TABLE "objects" ("parent_id" text NOT NULL, "resource_name" text NOT NULL, "id" text NOT NULL,
    "last_modified" integer NOT NULL, "data" text NOT NULL, "deleted" integer NOT NULL, "change_n" integer,
    "change_salt" integer, PRIMARY KEY ("parent_id", "resource_name", "id"))`,
  `CREATE UNIQUE INDEX "idx_objects_parent_id_resource_name_last_modified"
    ON "objects" ("parent_id", "resource_name", "last_modified")`,
  `CREATE TABLE "timestamps" ("parent_id" text NOT NULL, "resource_name" text NOT NULL,
    "last_modified" integer NOT NULL, "epoch" text, "n" integer, "purged_to_n" integer,
    PRIMARY KEY ("parent_id", "resource_name")) WITHOUT ROWID`,
  `CREATE TABLE "changes" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "parent_id" text NOT NULL,
    "resource_name" text NOT NULL, "object_id" text NOT NULL, "epoch" text NOT NULL, "n" integer NOT NULL,
    "salt" integer NOT NULL, "action" text NOT NULL, "timestamp" integer NOT NULL, "user_id" text,
    "request_id" text NOT NULL, "last" integer NOT NULL, "new_object" text NOT NULL, "old_object" text)`,
  `CREATE INDEX "idx_changes_parent_id_resource_name_n" ON "changes" ("parent_id", "resource_name", "n")`,
  `CREATE TABLE "cursors" ("consumer" text NOT NULL, "change_id" integer NOT NULL,
    PRIMARY KEY ("consumer")) WITHOUT ROWID`,
  `CREATE TABLE "metadata" ("name" text NOT NULL, "value" text NOT NULL, PRIMARY KEY ("name")) WITHOUT ROWID`,
];
