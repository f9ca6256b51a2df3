import type { MigrationInterface, QueryRunner } from 'typeorm';

/** On PostgreSQL: durable delivery, the marks by which the log is trimmed, and the queue of the channels' webhooks. */
export class PostgresqlListenerTables1763800000100 implements MigrationInterface {
  name = 'PostgresqlListenerTables1763800000100';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TRIGGER tgr_changes_forget ON changes');
    await queryRunner.query('DROP FUNCTION kumocast_forget_change()');
    for (const table of ['dead_letters', 'listener_states', 'listener_orders', 'change_marks', 'channel_webhooks']) {
      await queryRunner.query(`DROP TABLE ${table}`);
    }
  }
}

const ID = 'id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY';

const UP = [
  `CREATE TABLE dead_letters (consumer text NOT NULL, delivery_id text NOT NULL, stored_at bigint NOT NULL,
    tries bigint NOT NULL, error text NOT NULL, content text NOT NULL, PRIMARY KEY (consumer, delivery_id))`,
  `CREATE TABLE listener_states (consumer text PRIMARY KEY, failing_since bigint, last_error text,
    last_error_at bigint, lost bigint NOT NULL)`,
  `CREATE TABLE listener_orders (${ID}, consumer text NOT NULL, verb text NOT NULL, position bigint,
    created_at bigint NOT NULL, result text)`,
  'CREATE TABLE change_marks (at bigint PRIMARY KEY, change_id bigint NOT NULL)',
  `CREATE TABLE channel_webhooks (${ID}, app_id text NOT NULL, url text NOT NULL, body text NOT NULL,
    created_at bigint NOT NULL, tries bigint NOT NULL)`,
  'CREATE INDEX idx_channel_webhooks_app_id_url_id ON channel_webhooks (app_id, url, id)',
  // The log is a view: what is deleted from it goes from both of its tables.
  `CREATE FUNCTION kumocast_forget_change() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE entry bigint;
    BEGIN
      DELETE FROM change_places WHERE id = OLD.id RETURNING seq INTO entry;
      IF entry IS NULL THEN RETURN NULL; END IF;
      DELETE FROM change_entries WHERE seq = entry;
      RETURN OLD;
    END $$`,
  `CREATE TRIGGER tgr_changes_forget INSTEAD OF DELETE ON changes
    FOR EACH ROW EXECUTE FUNCTION kumocast_forget_change()`,
];
