import { Entity, Index, PrimaryColumn } from 'typeorm';

/** Which groups a user is in. `user_id` is the member string exactly as the group has it. */
@Entity('user_principals', { withoutRowid: true })
@Index('idx_user_principals_principal', ['principal'])
export class UserPrincipalEntity {
  @PrimaryColumn({ name: 'user_id', type: 'text' })
  userId!: string;

  /** A group's URI. */
  @PrimaryColumn({ type: 'text' })
  principal!: string;
}
