import { AccessControlEntryEntity } from './permissions/entities/access-control-entry.entity.js';
import { UserPrincipalEntity } from './permissions/entities/user-principal.entity.js';
import { PermissionTables1763700000001 } from './permissions/migrations.js';
import { PostgresqlPermissionTables1763700000101 } from './permissions/postgresql-migrations.js';
import { ChangePrincipals1763900000000 } from './storage/change-principals.migration.js';
import { ChannelWebhooks1763800000001 } from './storage/channel-webhooks.migration.js';
import { ChangeEntity } from './storage/entities/change.entity.js';
import { ChannelWebhookEntity } from './storage/entities/channel-webhook.entity.js';
import { CursorEntity } from './storage/entities/cursor.entity.js';
import { LeaseEntity } from './storage/entities/lease.entity.js';
import { MetadataEntity } from './storage/entities/metadata.entity.js';
import { ObjectEntity } from './storage/entities/object.entity.js';
import { TimestampEntity } from './storage/entities/timestamp.entity.js';
import {
  ChangeMarkEntity,
  DeadLetterEntity,
  ListenerOrderEntity,
  ListenerStateEntity,
} from './storage/entities/listener.entities.js';
import { Leases1764000000000 } from './storage/leases.migration.js';
import { ListenerTables1763800000000 } from './storage/listener-tables.migration.js';
import { StorageTables1763700000000 } from './storage/migrations.js';
import type { DatabaseSchema } from './storage/open-storage.js';
import { PostgresqlChangePrincipals1763900000100 } from './storage/postgresql/change-principals.migration.js';
import { PostgresqlLeases1764000000100 } from './storage/postgresql/leases.migration.js';
import { PostgresqlListenerTables1763800000100 } from './storage/postgresql/listener-tables.migration.js';
import { PostgresqlStorageTables1763700000100 } from './storage/postgresql/migrations.js';

/** The whole database: what every room keeps there, and how it came to be. Migrations run in the order of their names. */
export const DATABASE_SCHEMA: DatabaseSchema = {
  entities: [
    ObjectEntity,
    TimestampEntity,
    ChangeEntity,
    CursorEntity,
    MetadataEntity,
    DeadLetterEntity,
    ListenerStateEntity,
    ListenerOrderEntity,
    ChangeMarkEntity,
    ChannelWebhookEntity,
    LeaseEntity,
    AccessControlEntryEntity,
    UserPrincipalEntity,
  ],
  migrations: [
    StorageTables1763700000000,
    PermissionTables1763700000001,
    ListenerTables1763800000000,
    ChannelWebhooks1763800000001,
    ChangePrincipals1763900000000,
    Leases1764000000000,
  ],
  postgresqlMigrations: [
    PostgresqlStorageTables1763700000100,
    PostgresqlPermissionTables1763700000101,
    PostgresqlListenerTables1763800000100,
    PostgresqlChangePrincipals1763900000100,
    PostgresqlLeases1764000000100,
  ],
};
