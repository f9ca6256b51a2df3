import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which node does what only one may do. */
export class Leases1764000000000 implements MigrationInterface {
  name = 'Leases1764000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "leases" ("name" text NOT NULL, "holder" text NOT NULL, "expires" integer NOT NULL,
        PRIMARY KEY ("name")) WITHOUT ROWID`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "leases"');
  }
}
