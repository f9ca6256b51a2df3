import { Entity, Index, PrimaryColumn } from 'typeorm';

/** Who may do what to which object, in Kinto's layout (kinto-api.md, 16.1). */
@Entity('access_control_entries', { withoutRowid: true })
@Index('idx_access_control_entries_principal', ['principal', 'objectId'])
export class AccessControlEntryEntity {
  /** The object's URI without the version prefix. */
  @PrimaryColumn({ name: 'object_id', type: 'text' })
  objectId!: string;

  @PrimaryColumn({ type: 'text' })
  permission!: string;

  @PrimaryColumn({ type: 'text' })
  principal!: string;
}
