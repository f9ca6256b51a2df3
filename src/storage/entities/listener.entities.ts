import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

/** A change that a durable listener could not be told: kept until somebody has it sent again or dropped. */
@Entity('dead_letters', { withoutRowid: true })
export class DeadLetterEntity {
  @PrimaryColumn({ type: 'text' })
  consumer!: string;

  /** The id of the delivery: the same whenever it is repeated. */
  @PrimaryColumn({ name: 'delivery_id', type: 'text' })
  deliveryId!: string;

  /** When it was put aside, in ms since the epoch. */
  @Column({ name: 'stored_at', type: 'integer' })
  storedAt!: number;

  @Column({ type: 'integer' })
  tries!: number;

  @Column({ type: 'text' })
  error!: string;

  /** The change as JSON, since the log may have forgotten it. */
  @Column({ type: 'text' })
  content!: string;
}

/** How a listener fares, for whoever looks from outside of the server. */
@Entity('listener_states', { withoutRowid: true })
export class ListenerStateEntity {
  @PrimaryColumn({ type: 'text' })
  consumer!: string;

  /** Since when it has failed without a success, in ms since the epoch; NULL: it does not. */
  @Column({ name: 'failing_since', type: 'integer', nullable: true })
  failingSince!: number | null;

  @Column({ name: 'last_error', type: 'text', nullable: true })
  lastError!: string | null;

  @Column({ name: 'last_error_at', type: 'integer', nullable: true })
  lastErrorAt!: number | null;

  /** How many changes the log forgot before this listener was told them. */
  @Column({ type: 'integer' })
  lost!: number;
}

/** What the command line wants a running server to do with a listener. */
@Entity('listener_orders')
export class ListenerOrderEntity {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'text' })
  consumer!: string;

  /** `replay`, `retry`, `drop`, `test`. */
  @Column({ type: 'text' })
  verb!: string;

  /** Of `replay`: the global position to go on from. */
  @Column({ type: 'integer', nullable: true })
  position!: number | null;

  @Column({ name: 'created_at', type: 'integer' })
  createdAt!: number;

  /** What came of it; NULL: not yet done. */
  @Column({ type: 'text', nullable: true })
  result!: string | null;
}

/** Which was the newest change at that moment: how old a stretch of the log is, without a time in each of its rows. */
@Entity('change_marks', { withoutRowid: true })
export class ChangeMarkEntity {
  /** ms since the epoch. */
  @PrimaryColumn({ type: 'integer' })
  at!: number;

  @Column({ name: 'change_id', type: 'integer' })
  changeId!: number;
}
