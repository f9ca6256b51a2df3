import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database } from 'better-sqlite3';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { ApiError } from '../../wire/api-error.js';
import { ListCounter } from '../list-counter.js';
import { registerQueryFunctions } from '../query-functions.js';
import { randomName } from '../random-name.js';
import type { Storage, StorageView, UnitOfWork } from '../storage.js';
import { GroupCommit } from './group-commit.js';
import { SingleProcess } from './single-process.js';
import { Snapshots } from './snapshots.js';
import { findSqliteCode } from './sqlite-error.js';
import { ClosableSession, SqliteStatements } from './sqlite-session.js';
import { SqliteUnit, SqliteView } from './sqlite-view.js';

export interface SqliteOptions {
  /** A path, or `:memory:` for a database that ends with the process. */
  readonly file: string;
  /** How many units of work share one transaction at most. */
  readonly maxGroup: number;
  readonly entities: NonNullable<DataSourceOptions['entities']>;
  readonly migrations: NonNullable<DataSourceOptions['migrations']>;
  /** The clock, in ms since the epoch. */
  readonly now?: () => number;
  /**
   * Whether a server may have the database open. Then nothing but tables of which nobody remembers anything may be
   * written; and nothing is migrated.
   */
  readonly besideServer?: boolean;
}

export const IN_MEMORY = ':memory:';

/** How long a connection may wait for the write-ahead log, in ms; within one process it hardly ever does. */
const BUSY_TIMEOUT = 5_000;

/** How much of the database a connection keeps in memory, in KiB. SQLite's own 2 MiB is outgrown within seconds. */
const PAGE_CACHE = 65_536;

/** The write-ahead log is folded back into the file when it has grown to this many pages (of 4 KiB). */
const CHECKPOINT_PAGES = 4_000;

/**
 * The embedded database: one file, one writing connection behind {@link GroupCommit}, one reading connection. In
 * memory there is one connection, and reads take their turn among the units.
 */
export class SqliteStorage implements Storage {
  private readonly group: GroupCommit;
  private readonly writing: SqliteStatements;
  private readonly reading: { session: SqliteStatements; snapshots: Snapshots } | undefined;
  private readonly counter: ListCounter;
  /** Unique per process, so that `unitIds` need only count. */
  private readonly unitPrefix = randomName();
  private units = 0;

  private constructor(
    options: SqliteOptions,
    private readonly connections: readonly DataSource[],
    databases: { writer: Database; reader: Database | undefined },
    private readonly process: SingleProcess | undefined,
  ) {
    this.writing = new SqliteStatements(databases.writer, true);
    this.group = new GroupCommit(databases.writer, options.maxGroup, this.writing);
    this.reading = databases.reader && {
      session: new SqliteStatements(databases.reader, false),
      snapshots: new Snapshots(databases.reader),
    };
    this.counter = new ListCounter(options.now ?? Date.now);
  }

  /** Opens the file, makes it if need be, and runs the migrations that it lacks. */
  static async open(options: SqliteOptions): Promise<SqliteStorage> {
    const { file, entities, besideServer = false } = options;
    const migrations = besideServer ? undefined : options.migrations;
    const inMemory = file === IN_MEMORY;
    if (!inMemory) mkdirSync(dirname(file), { recursive: true });
    const process = inMemory || besideServer ? undefined : SingleProcess.claim(file);
    const connections: DataSource[] = [];
    try {
      const writer = await connect(connections, {
        ...{ database: file, entities, prepareDatabase: makeDurable },
        ...(migrations === undefined ? {} : { migrations }),
      });
      const reader = inMemory ? undefined : await connect(connections, { database: file, readonly: true });
      return new SqliteStorage(options, connections, { writer, reader }, process);
    } catch (error) {
      for (const connection of connections) if (connection.isInitialized) await connection.destroy();
      process?.release();
      throw error;
    }
  }

  read<T>(work: (view: StorageView) => Promise<T>): Promise<T> {
    const reading = () => {
      const session = new ClosableSession(this.reading?.session ?? this.writing);
      return within(session, () => work(new SqliteView(session, this.counter)));
    };
    const answer = this.reading?.snapshots.run(reading) ?? this.group.run(reading, { writes: false });
    return answer.catch(asApiError);
  }

  write<T>(work: (unit: UnitOfWork) => Promise<T>): Promise<T> {
    const id = `${this.unitPrefix}-${(this.units++).toString(36)}`;
    let unit: SqliteUnit | undefined;
    const writing = () => {
      const session = new ClosableSession(this.writing);
      const latest = (unit = new SqliteUnit(id, session, this.counter, this.group));
      return within(session, () => work(latest));
    };
    return this.group.run(writing, { writes: true }).then((value) => {
      unit?.tellDurable();
      return value;
    }, asApiError);
  }

  onCommit(listener: () => void): void {
    this.group.onCommit(listener);
  }

  async isHealthy(): Promise<boolean> {
    try {
      return (await this.read((view) => view.sql.first<{ one: number }>('SELECT 1 AS one')))?.one === 1;
    } catch {
      return false;
    }
  }

  /** Lets what was begun end, then closes the file. */
  async close(): Promise<void> {
    await this.group.settle();
    await this.reading?.snapshots.settle();
    for (const connection of [...this.connections].reverse()) await connection.destroy();
    this.process?.release();
  }
}

async function connect(
  connections: DataSource[],
  options: Omit<Extract<DataSourceOptions, { type: 'better-sqlite3' }>, 'type'>,
): Promise<Database> {
  const prepare = options.prepareDatabase;
  const connection = new DataSource({
    type: 'better-sqlite3',
    timeout: BUSY_TIMEOUT,
    migrationsRun: options.migrations !== undefined,
    ...options,
    prepareDatabase: (database: Database) => {
      database.pragma(`cache_size = -${PAGE_CACHE}`);
      // What a savepoint may have to undo is kept aside for each page: not in a temporary file.
      database.pragma('temp_store = MEMORY');
      void prepare?.(database);
      registerQueryFunctions(database);
    },
  });
  connections.push(connection);
  await connection.initialize();
  return (await connection.createQueryRunner().connect()) as Database;
}

/** An answered write is on disk after power loss: the log is synced at every commit (DESIGN.md, Storage). */
function makeDurable(database: Database): void {
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
}

async function within<T>(session: ClosableSession, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    session.close();
  }
}

/** A failure of the database is a 503 to whoever asked; a failure of our own code stays what it is. */
function asApiError(error: unknown): never {
  if (findSqliteCode(error) !== undefined) throw new ApiError('BACKEND', { cause: error });
  throw error;
}
