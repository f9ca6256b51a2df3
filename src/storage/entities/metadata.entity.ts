import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Facts about the database itself, by name, such as the credentials made at the first start. */
@Entity('metadata', { withoutRowid: true })
export class MetadataEntity {
  @PrimaryColumn({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  value!: string;
}
