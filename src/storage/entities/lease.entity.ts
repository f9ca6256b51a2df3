import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What one node at a time may do, and which one that is. With one process there are none. */
@Entity('leases', { withoutRowid: true })
export class LeaseEntity {
  @PrimaryColumn({ type: 'text' })
  name!: string;

  /** Another one for each start of a process. */
  @Column({ type: 'text' })
  holder!: string;

  /** In ms since the epoch, by the database's clock. */
  @Column({ type: 'integer' })
  expires!: number;
}
