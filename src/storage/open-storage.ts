import { resolve } from 'node:path';
import type { DataSourceOptions } from 'typeorm';
import { plainPostgresqlUrl } from '../outgoing/postgresql-url.js';
import { resolveDottedName } from '../settings/settings.js';
import { ConnectionPool } from './postgresql/connection-pool.js';
import { PostgresqlStorage, type PostgresqlOptions } from './postgresql/postgresql-storage.js';
import { IN_MEMORY, SqliteStorage } from './sqlite/sqlite-storage.js';
import type { Storage } from './storage.js';
import type { StorageSettings } from './storage.settings.js';

/** What every room keeps in the database; the composition gathers it, since a room knows only the rooms below. */
export interface DatabaseSchema {
  readonly entities: NonNullable<DataSourceOptions['entities']>;
  readonly migrations: NonNullable<DataSourceOptions['migrations']>;
  /** The same tables on PostgreSQL, where they are those of a Kinto. */
  readonly postgresqlMigrations: NonNullable<DataSourceOptions['migrations']>;
}

const DEFAULT_FILE = 'kumocast.sqlite';

/** What processes that work on one database do for each other. They see each other's commits also without it. */
export interface SharedAccess {
  /** Called after each durable group of this process's own units, while `onCommit` tells of everybody's. */
  onOwnCommit(listener: () => void): void;
  /** Others have committed, it is said: it is looked now, and not only when it is time. */
  look(): void;
}

/** A storage and its end. */
export interface ClosableStorage extends Storage {
  /** Where other processes may work on the same database. */
  readonly shared?: SharedAccess;
  /** Lets what was begun end. */
  close(): Promise<void>;
}

/**
 * @param options.besideServer whether it is opened by somebody who only looks, while a server may have it
 * @throws Error when the settings name a backend that there is not, or the database cannot be opened
 */
export async function openStorage(
  settings: StorageSettings,
  schema: DatabaseSchema,
  { besideServer = false }: { besideServer?: boolean } = {},
): Promise<ClosableStorage> {
  if (isPostgresql(settings)) {
    const options = postgresqlOptions(settings, schema);
    return PostgresqlStorage.open({ ...options, migrates: options.migrates && !besideServer });
  }
  return SqliteStorage.open({ file: fileOf(settings), maxGroup: settings.maxGroup, besideServer, ...schema });
}

export function isPostgresql({ storageBackend }: StorageSettings): boolean {
  return resolveDottedName('storage', storageBackend) === 'postgresql';
}

/**
 * Brings a PostgreSQL database up to date.
 *
 * @param dryRun whether nothing is to be written
 * @returns the names of the migrations that it lacked
 */
export async function migratePostgresql(
  settings: StorageSettings,
  schema: DatabaseSchema,
  { dryRun }: { dryRun: boolean },
): Promise<string[]> {
  const options = postgresqlOptions(settings, schema);
  const pool = await ConnectionPool.open(options, options);
  try {
    const pending = await pool.pendingMigrations();
    if (pending.length > 0 && !dryRun) await pool.migrate();
    return pending;
  } finally {
    await pool.close();
  }
}

function postgresqlOptions(settings: StorageSettings, schema: DatabaseSchema): PostgresqlOptions {
  const { storageUrl, poolSize, maxOverflow, poolTimeout, maxBacklog, poolRecycle } = settings;
  return {
    url: plainPostgresqlUrl(storageUrl),
    size: Math.max(2, poolSize + maxOverflow),
    timeout: poolTimeout * 1000,
    maxWaiting: maxBacklog,
    recycle: poolRecycle,
    statementTimeout: settings.statementTimeout * 1000,
    maxGroup: settings.maxGroup,
    pollInterval: settings.pollInterval,
    migrates: settings.migrateAtStart,
    migrations: schema.postgresqlMigrations,
  };
}

/**
 * The absolute path of the database, or {@link IN_MEMORY}.
 *
 * @throws Error when the settings name a backend that there is not
 */
export function fileOf(settings: StorageSettings): string {
  const backend = resolveDottedName('storage', settings.storageBackend);
  if (backend === 'memory') return IN_MEMORY;
  if (backend !== 'sqlite') {
    throw new Error(`kinto.storage_backend = ${settings.storageBackend}: expected sqlite, postgresql or memory`);
  }
  const path = settings.storageUrl.replace(/^sqlite:(\/\/)?/, '');
  if (/^[a-z][a-z0-9+]*:\/\//i.test(path)) {
    throw new Error('kinto.storage_url: the sqlite backend expects the path of a file');
  }
  return resolve(path === '' ? DEFAULT_FILE : path);
}
