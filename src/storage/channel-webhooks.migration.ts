import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The queue of what apps' own servers are told of their channels. */
export class ChannelWebhooks1763800000001 implements MigrationInterface {
  name = 'ChannelWebhooks1763800000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "channel_webhooks" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "app_id" text NOT NULL,
        "url" text NOT NULL, "body" text NOT NULL, "created_at" integer NOT NULL, "tries" integer NOT NULL)`,
    );
    await queryRunner.query(
      `CREATE INDEX "idx_channel_webhooks_app_id_url_id" ON "channel_webhooks" ("app_id", "url", "id")`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "channel_webhooks"');
  }
}
