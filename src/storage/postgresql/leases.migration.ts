import type { MigrationInterface, QueryRunner } from 'typeorm';

/** On PostgreSQL: which node does what only one may do. */
export class PostgresqlLeases1764000000100 implements MigrationInterface {
  name = 'PostgresqlLeases1764000000100';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'CREATE TABLE leases (name text PRIMARY KEY, holder text NOT NULL, expires bigint NOT NULL)',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE leases');
  }
}
