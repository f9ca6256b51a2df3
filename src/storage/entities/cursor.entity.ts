import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How far a durable reader of the change log has got. */
@Entity('cursors', { withoutRowid: true })
export class CursorEntity {
  @PrimaryColumn({ type: 'text' })
  consumer!: string;

  /** The `id` of the last change that is done with. */
  @Column({ name: 'change_id', type: 'integer' })
  changeId!: number;
}
