import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** What an app's own server is to be told of its channels, until it has been. */
@Entity('channel_webhooks')
@Index('idx_channel_webhooks_app_id_url_id', ['appId', 'url', 'id'])
export class ChannelWebhookEntity {
  /** Never given twice; it grows in the order of what happened. */
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ name: 'app_id', type: 'text' })
  appId!: string;

  @Column({ type: 'text' })
  url!: string;

  /** JSON as it is posted; it is signed only then, so that no signature outlives a change of the secret. */
  @Column({ type: 'text' })
  body!: string;

  /** In ms since the epoch. */
  @Column({ name: 'created_at', type: 'integer' })
  createdAt!: number;

  /** How many have failed. */
  @Column({ type: 'integer' })
  tries!: number;
}
