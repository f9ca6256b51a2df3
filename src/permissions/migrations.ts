import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The tables of the permissions room. What was released is never edited: a change is a further migration. */
export class PermissionTables1763700000001 implements MigrationInterface {
  name = 'PermissionTables1763700000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "access_control_entries" ("object_id" text NOT NULL, "permission" text NOT NULL,
        "principal" text NOT NULL, PRIMARY KEY ("object_id", "permission", "principal")) WITHOUT ROWID`,
    );
    await queryRunner.query(
      `CREATE INDEX "idx_access_control_entries_principal" ON "access_control_entries" ("principal", "object_id")`,
    );
    await queryRunner.query(
      `CREATE TABLE "user_principals" ("user_id" text NOT NULL, "principal" text NOT NULL,
        PRIMARY KEY ("user_id", "principal")) WITHOUT ROWID`,
    );
    await queryRunner.query(`CREATE INDEX "idx_user_principals_principal" ON "user_principals" ("principal")`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "access_control_entries"');
    await queryRunner.query('DROP TABLE "user_principals"');
  }
}
