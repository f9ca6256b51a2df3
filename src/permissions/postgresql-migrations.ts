import type { MigrationInterface, QueryRunner } from 'typeorm';
import { hasKintoTables, KINTO_PERMISSIONS, makeMetadata } from '../storage/postgresql/kinto-tables.js';

/** The tables of the permissions room on PostgreSQL: Kinto's own, with the indexes that our questions ask for. */
export class PostgresqlPermissionTables1763700000101 implements MigrationInterface {
  name = 'PostgresqlPermissionTables1763700000101';

  async up(queryRunner: QueryRunner): Promise<void> {
    if (!(await hasKintoTables(queryRunner, 'permission'))) {
      await makeMetadata(queryRunner, 'permission');
      for (const statement of KINTO_PERMISSIONS) await queryRunner.query(statement);
    }
    await queryRunner.query(
      'CREATE INDEX idx_access_control_entries_principal_object_id ON access_control_entries (principal, object_id)',
    );
    // In the order of bytes: whole buckets of groups are looked for by a range.
    await queryRunner.query('CREATE INDEX idx_user_principals_principal ON user_principals ((principal COLLATE "C"))');
  }

  /** Kinto's tables stay: what is in them is not ours alone. */
  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX idx_user_principals_principal');
    await queryRunner.query('DROP INDEX idx_access_control_entries_principal_object_id');
  }
}
