import type { DataSourceOptions } from 'typeorm';
import { ApiError } from '../../wire/api-error.js';
import { randomName } from '../random-name.js';
import { SqlView } from '../sql-view.js';
import type { SharedAccess } from '../open-storage.js';
import type { ObjectList, Storage, StorageView, UnitOfWork } from '../storage.js';
import { ChangePlaces } from './change-places.js';
import type { Connection } from './connection.js';
import { ConnectionPool, type PoolOptions } from './connection-pool.js';
import { ListNumbers } from './list-numbers.js';
import { RunAgain } from './postgresql-error.js';
import { PostgresqlSession } from './postgresql-session.js';
import { PostgresqlUnit } from './postgresql-unit.js';
import { eachOnce, type UnitRun } from './group-run.js';
import { WriteQueue } from './write-queue.js';

export interface PostgresqlOptions extends PoolOptions {
  /** How many units of work share one transaction at most. */
  readonly maxGroup: number;
  /** How often it is looked whether others have committed, in ms. */
  readonly pollInterval: number;
  /** Whether the migrations that the database lacks are run when it is opened. */
  readonly migrates: boolean;
  readonly migrations: NonNullable<DataSourceOptions['migrations']>;
  /** The clock, in ms since the epoch. */
  readonly now?: () => number;
}

/** One snapshot for all statements, taken at the first. */
const BEGIN_READING = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/** A PostgreSQL database, of which others may make use at the same time: more of this program, or a Kinto. */
export class PostgresqlStorage implements Storage {
  private readonly queue: WriteQueue;
  private readonly places: ChangePlaces;
  private readonly counter: ListNumbers;
  /** Unique per process, so that `unitIds` need only count. */
  private readonly unitPrefix = randomName();
  private units = 0;
  private poll: NodeJS.Timeout | undefined;
  private polling: Promise<void> | undefined;
  private mustLookAgain = false;
  private isClosed = false;
  readonly shared: SharedAccess = {
    onOwnCommit: (listener) => this.queue.onCommit((isOwn) => (isOwn ? listener() : undefined)),
    look: () => this.lookForOthers(),
  };

  private constructor(
    private readonly pool: ConnectionPool,
    private readonly options: PostgresqlOptions,
  ) {
    this.queue = new WriteQueue(pool, options.maxGroup);
    this.places = new ChangePlaces(pool);
    this.counter = new ListNumbers(options.now ?? Date.now);
  }

  /** @throws Error when the database cannot be reached, is not for us, or lacks migrations that it is not to be given */
  static async open(options: PostgresqlOptions): Promise<PostgresqlStorage> {
    const pool = await ConnectionPool.open(options, options);
    try {
      const pending = await pool.pendingMigrations();
      if (pending.length > 0 && options.migrates) await pool.migrate();
      else if (pending.length > 0) throw new Error(`The database lacks ${pending.join(', ')}: run "kumocast migrate"`);
      return new PostgresqlStorage(pool, options);
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  read<T>(work: (view: StorageView) => Promise<T>): Promise<T> {
    return this.pool.lend(async (connection) => {
      const session = this.sessionOn(connection, BEGIN_READING);
      try {
        return await work(new SqlView(session, this.counter));
      } catch (error) {
        throw error instanceof RunAgain ? new ApiError('BACKEND', { cause: error }) : error;
      } finally {
        session.close();
      }
    });
  }

  write<T>(work: (unit: UnitOfWork) => Promise<T>, lists?: () => readonly ObjectList[]): Promise<T> {
    const id = `${this.unitPrefix}-${(this.units++).toString(36)}`;
    let latest: PostgresqlUnit | undefined;
    const start = (connection: Connection, locked: readonly ObjectList[]): UnitRun => {
      const session = this.sessionOn(connection);
      const unit = (latest = new PostgresqlUnit(id, session, { counter: this.counter, locked }));
      return { session, work: () => complete(unit, session, work), touched: () => unit.touched };
    };
    return new Promise<unknown>((resolve, reject) => {
      const named = lists?.() ?? [];
      this.queue.add({ start, lists: eachOnce(named), isSmall: named.length === 1, resolve, reject });
    }).then((value) => {
      latest?.tellDurable();
      return value as T;
    });
  }

  onCommit(listener: () => void): void {
    this.queue.onCommit(() => listener());
    this.poll ??= setInterval(() => this.lookForOthers(), this.options.pollInterval).unref();
  }

  async isHealthy(): Promise<boolean> {
    try {
      return (await this.read((view) => view.sql.first<{ one: number }>('SELECT 1 AS one')))?.one === 1;
    } catch {
      return false;
    }
  }

  /** Lets what was begun end, then closes the connections. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.poll);
    await this.polling;
    await this.queue.settle();
    await this.pool.close();
  }

  private sessionOn(connection: Connection, begin?: string): PostgresqlSession {
    const placeChanges = () => this.places.settle();
    return new PostgresqlSession(connection, begin === undefined ? { placeChanges } : { begin, placeChanges });
  }

  /** Other processes' commits wake nobody here; while the database does not answer, there is nothing to tell either. */
  private lookForOthers(): void {
    if (this.isClosed) return;
    // Who is looking may have looked before what this is about was committed.
    if (this.polling !== undefined) {
      this.mustLookAgain = true;
      return;
    }
    this.polling = this.places
      .hasGrown()
      .then(
        (hasGrown) => hasGrown && this.queue.tellListeners(false),
        () => undefined,
      )
      .then(() => {
        this.polling = undefined;
        if (!this.mustLookAgain) return;
        this.mustLookAgain = false;
        this.lookForOthers();
      });
  }
}

async function complete<T>(
  unit: PostgresqlUnit,
  session: PostgresqlSession,
  work: (unit: UnitOfWork) => Promise<T>,
): Promise<T> {
  try {
    const value = await work(unit);
    unit.ensureComplete();
    return value;
  } finally {
    session.close();
  }
}
