import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who could read an object by its own entries, before and after a change: an entry that is gone is nowhere else. */
export class ChangePrincipals1763900000000 implements MigrationInterface {
  name = 'ChangePrincipals1763900000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE "changes" ADD COLUMN "principals" text');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE "changes" DROP COLUMN "principals"');
  }
}
