import type pg from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';
import { ApiError } from '../../wire/api-error.js';
import type { DatabaseSchema } from '../open-storage.js';
import { Connection } from './connection.js';
import { Statements } from './statements.js';

export interface PoolOptions {
  /** `postgresql://user:password@host:port/database?sslmode=…` */
  readonly url: string;
  /** The most connections at once. */
  readonly size: number;
  /** How long a request may wait for one, in ms. */
  readonly timeout: number;
  /** How many may wait at most; those beyond are refused at once. Negative: any number. */
  readonly maxWaiting: number;
  /** After how many seconds a connection is replaced. Negative: never. */
  readonly recycle: number;
  /** The longest that one statement may take, in ms; 0: any time. */
  readonly statementTimeout: number;
}

/** TypeORM's table of what has been run: `migrations` may be somebody else's in a database that is shared. */
const MIGRATIONS_TABLE = 'kumocast_migrations';

/** Two processes that start at once must not both make the tables. */
const MIGRATION_LOCK = 7_063_617_101;

/** The connections to one database, through TypeORM's. */
export class ConnectionPool {
  private readonly statements = new Statements();
  private readonly ready = new WeakSet<pg.PoolClient>();
  private waiting = 0;

  private constructor(
    private readonly source: DataSource,
    private readonly options: PoolOptions,
  ) {}

  /** @throws Error when the database cannot be reached */
  static async open(options: PoolOptions, { migrations }: Pick<DatabaseSchema, 'migrations'>): Promise<ConnectionPool> {
    const source = new DataSource({
      type: 'postgres',
      url: options.url,
      poolSize: options.size,
      applicationName: 'kumocast',
      migrations,
      migrationsTableName: MIGRATIONS_TABLE,
      // What becomes of an idle connection is seen when the next one is taken.
      poolErrorHandler: () => undefined,
      extra: {
        connectionTimeoutMillis: options.timeout,
        keepAlive: true,
        ...(options.recycle > 0 ? { maxLifetimeSeconds: options.recycle } : {}),
      },
    });
    await source.initialize();
    return new ConnectionPool(source, options);
  }

  /** The names of the migrations that the database lacks. Nothing is written. */
  async pendingMigrations(): Promise<string[]> {
    const runner = this.source.createQueryRunner();
    try {
      const done = (await runner.hasTable(MIGRATIONS_TABLE))
        ? ((await runner.query(`SELECT name FROM ${MIGRATIONS_TABLE}`)) as { name: string }[])
        : [];
      const names = new Set(done.map(({ name }) => name));
      return this.source.migrations
        .map(({ name, constructor }) => name ?? constructor.name)
        .filter((n) => !names.has(n));
    } finally {
      await runner.release();
    }
  }

  /** Runs the migrations that the database lacks. @throws Error when it is no database for us */
  async migrate(): Promise<void> {
    const runner = this.source.createQueryRunner();
    try {
      await ensureUtf8(runner);
      await runner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
      try {
        await this.source.runMigrations({ transaction: 'all' });
      } finally {
        await runner.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
      }
    } finally {
      await runner.release();
    }
  }

  /** Lends a connection to the work. @throws ApiError BACKEND when there is none to be had in time */
  async lend<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const { maxWaiting } = this.options;
    if (maxWaiting >= 0 && this.waiting > maxWaiting + this.options.size) {
      throw new ApiError('BACKEND', { cause: new Error('too many requests wait for a connection') });
    }
    const runner = this.source.createQueryRunner();
    this.waiting += 1;
    let connection: Connection | undefined;
    try {
      const client = (await runner.connect()) as pg.PoolClient;
      connection = new Connection(client, this.statements);
      if (!this.ready.has(client)) await this.prepare(client, connection);
      return await work(connection);
    } catch (error) {
      if (connection === undefined) throw new ApiError('BACKEND', { cause: error });
      throw error;
    } finally {
      this.waiting -= 1;
      // Nobody else may find themselves inside of what was left open.
      await connection?.rollback().catch(() => undefined);
      // One that is lost is not to be lent again: the pool drops it by itself once its socket has ended.
      await runner.release();
    }
  }

  async close(): Promise<void> {
    await this.source.destroy();
  }

  /** Rather than parameters of the connection: a proxy between may refuse those. */
  private async prepare(client: pg.PoolClient, connection: Connection): Promise<void> {
    const { statementTimeout } = this.options;
    await connection.send(
      `SET datestyle = 'ISO, YMD'; SET standard_conforming_strings = on; SET statement_timeout = ${statementTimeout};
        SET idle_in_transaction_session_timeout = ${statementTimeout === 0 ? 0 : statementTimeout * 2}`,
    );
    this.ready.add(client);
  }
}

async function ensureUtf8(runner: QueryRunner): Promise<void> {
  const [row] = (await runner.query(
    'SELECT pg_encoding_to_char(encoding) AS encoding FROM pg_database WHERE datname = current_database()',
  )) as { encoding: string }[];
  if (row?.encoding === 'UTF8') return;
  throw new Error(`The database has the encoding ${row?.encoding ?? 'unknown'}; UTF8 is needed`);
}
