import type { MigrationInterface, QueryRunner } from 'typeorm';

/** On PostgreSQL: who could read an object by its own entries, before and after a change. */
export class PostgresqlChangePrincipals1763900000100 implements MigrationInterface {
  name = 'PostgresqlChangePrincipals1763900000100';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE change_entries ADD COLUMN principals text');
    // A view can be given a further column at its end, and keeps its trigger.
    await queryRunner.query(`CREATE OR REPLACE VIEW changes AS SELECT ${COLUMNS}, principals ${FROM}`);
  }

  /** What a view has cannot be taken from it: it is made anew, and so is its trigger. */
  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP VIEW changes');
    await queryRunner.query(`CREATE VIEW changes AS SELECT ${COLUMNS} ${FROM}`);
    await queryRunner.query(`CREATE TRIGGER tgr_changes_forget INSTEAD OF DELETE ON changes
      FOR EACH ROW EXECUTE FUNCTION kumocast_forget_change()`);
    await queryRunner.query('ALTER TABLE change_entries DROP COLUMN principals');
  }
}

const COLUMNS = `id, parent_id, resource_name, object_id, epoch, n, salt, action, timestamp, user_id, request_id, last,
  new_object, old_object`;

const FROM = 'FROM change_places JOIN change_entries USING (seq)';
