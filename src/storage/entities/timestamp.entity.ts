import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * The counter row of each list: Kinto's `timestamps`, and in columns of ours the list's place in its history. One row,
 * so that one statement gives out both and one lock orders both.
 */
@Entity('timestamps', { withoutRowid: true })
export class TimestampEntity {
  @PrimaryColumn({ name: 'parent_id', type: 'text' })
  parentId!: string;

  @PrimaryColumn({ name: 'resource_name', type: 'text' })
  resourceName!: string;

  /** ms since the epoch. */
  @Column({ name: 'last_modified', type: 'integer' })
  lastModified!: number;

  @Column({ type: 'text', nullable: true })
  epoch!: string | null;

  @Column({ type: 'integer', nullable: true })
  n!: number | null;

  /** Tombstones up to this number may be gone. */
  @Column({ name: 'purged_to_n', type: 'integer', nullable: true })
  purgedToN!: number | null;
}
