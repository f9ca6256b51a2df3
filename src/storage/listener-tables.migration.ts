import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The tables of durable delivery, and the marks by which the log is trimmed. */
export class ListenerTables1763800000000 implements MigrationInterface {
  name = 'ListenerTables1763800000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['dead_letters', 'listener_states', 'listener_orders', 'change_marks']) {
      await queryRunner.query(`DROP TABLE "${table}"`);
    }
  }
}

const UP = [
  `CREATE TABLE "dead_letters" ("consumer" text NOT NULL, "delivery_id" text NOT NULL, "stored_at" integer NOT NULL,
    "tries" integer NOT NULL, "error" text NOT NULL, "content" text NOT NULL,
    PRIMARY KEY ("consumer", "delivery_id")) WITHOUT ROWID`,
  `CREATE TABLE "listener_states" ("consumer" text NOT NULL, "failing_since" integer, "last_error" text,
    "last_error_at" integer, "lost" integer NOT NULL, PRIMARY KEY ("consumer")) WITHOUT ROWID`,
  `CREATE TABLE "listener_orders" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "consumer" text NOT NULL,
    "verb" text NOT NULL, "position" integer, "created_at" integer NOT NULL, "result" text)`,
  `CREATE TABLE "change_marks" ("at" integer NOT NULL, "change_id" integer NOT NULL, PRIMARY KEY ("at")) WITHOUT ROWID`,
];
