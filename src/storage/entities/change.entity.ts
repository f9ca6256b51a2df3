import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** The change log: one row per object changed by one committed request, in commit order. */
@Entity('changes')
@Index('idx_changes_parent_id_resource_name_n', ['parentId', 'resourceName', 'n'])
export class ChangeEntity {
  /** The global position: never given twice, in commit order. */
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ name: 'parent_id', type: 'text' })
  parentId!: string;

  @Column({ name: 'resource_name', type: 'text' })
  resourceName!: string;

  @Column({ name: 'object_id', type: 'text' })
  objectId!: string;

  @Column({ type: 'text' })
  epoch!: string;

  @Column({ type: 'integer' })
  n!: number;

  @Column({ type: 'integer' })
  salt!: number;

  @Column({ type: 'text' })
  action!: string;

  /** The object's new `last_modified`, in ms. */
  @Column({ type: 'integer' })
  timestamp!: number;

  @Column({ name: 'user_id', type: 'text', nullable: true })
  userId!: string | null;

  /** One per unit of work; its rows lie next to each other. */
  @Column({ name: 'request_id', type: 'text' })
  requestId!: string;

  /** 1 on the last change of that request in this list. */
  @Column({ type: 'integer' })
  last!: number;

  @Column({ name: 'new_object', type: 'text' })
  newObject!: string;

  @Column({ name: 'old_object', type: 'text', nullable: true })
  oldObject!: string | null;

  /** Who could read the object by its own entries, before and after, as JSON; NULL: only who changed it. */
  @Column({ type: 'text', nullable: true })
  principals!: string | null;
}
