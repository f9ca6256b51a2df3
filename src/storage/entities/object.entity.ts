import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * Objects and tombstones of every resource, in Kinto's layout (kinto-api.md, 16.1) plus the number of their last
 * change. The unique index is Kinto's too: it serves lists in their default order and polling by `_since`.
 */
@Entity('objects')
@Index('idx_objects_parent_id_resource_name_last_modified', ['parentId', 'resourceName', 'lastModified'], {
  unique: true,
})
export class ObjectEntity {
  @PrimaryColumn({ name: 'parent_id', type: 'text' })
  parentId!: string;

  @PrimaryColumn({ name: 'resource_name', type: 'text' })
  resourceName!: string;

  @PrimaryColumn({ type: 'text' })
  id!: string;

  /** ms since the epoch. */
  @Column({ name: 'last_modified', type: 'integer' })
  lastModified!: number;

  /** JSON without `id` and `last_modified`; a tombstone's is `{"deleted":true}`. */
  @Column({ type: 'text' })
  data!: string;

  @Column({ type: 'integer' })
  deleted!: number;

  @Column({ name: 'change_n', type: 'integer', nullable: true })
  changeN!: number | null;

  @Column({ name: 'change_salt', type: 'integer', nullable: true })
  changeSalt!: number | null;
}
