import pg from 'pg';
import { rememberSuccess } from '../wire/remember-success.js';
import type { CacheStore } from './shared-cache.js';

/** How long PostgreSQL has to answer, in ms: a request waits for it. */
const TIMEOUT = 2_000;

/** How long what takes many steps may take, in ms. */
const LONG_WORK = 60_000;

/** How often what is over is removed, in ms. */
const SWEEP_INTERVAL = 60_000;

/** Kinto's own table, where one has been; times are in the zone of the session, which both leave as the server has it. */
const TABLE = `CREATE TABLE IF NOT EXISTS cache (key VARCHAR(256) PRIMARY KEY, value TEXT NOT NULL, ttl TIMESTAMP);
  CREATE INDEX IF NOT EXISTS idx_cache_ttl ON cache (ttl)`;

const IS_THERE = "SELECT to_regclass('cache') IS NOT NULL AS there";

const GET = 'SELECT value FROM cache WHERE key = $1 AND now() < ttl';

const SET = `INSERT INTO cache (key, value, ttl) VALUES ($1, $2, now() + $3 * interval '1 millisecond')
  ON CONFLICT (key) DO UPDATE SET value = excluded.value, ttl = excluded.ttl`;

const TAKE = 'DELETE FROM cache WHERE key = $1 RETURNING CASE WHEN now() < ttl THEN value END AS value';

/** Whoever waits for another's row sees what that one has made of it. */
const COUNT = `INSERT INTO cache AS held (key, value, ttl) VALUES ($1, '1', now() + $2 * interval '1 millisecond')
  ON CONFLICT (key) DO UPDATE SET
    value = CASE WHEN now() < held.ttl THEN CAST(held.value AS bigint) + 1 ELSE 1 END,
    ttl = CASE WHEN now() < held.ttl THEN held.ttl ELSE excluded.ttl END
  RETURNING value`;

const DELETE = 'DELETE FROM cache WHERE key = ANY ($1)';

const DELETE_ALL = 'DELETE FROM cache WHERE starts_with(key, $1)';

/** Rows that another sweeps, or uses, are left to it. */
const SWEEP = `DELETE FROM cache WHERE key IN
  (SELECT key FROM cache WHERE ttl <= now() AND starts_with(key, $1) FOR UPDATE SKIP LOCKED)`;

/** Another process has made it at the same moment. */
const IS_MADE = new Set(['23505', '42P07']);

interface ValueRow {
  readonly value: string | null;
}

/** A table of a PostgreSQL database: the one that a Kinto has for its cache, in which neither touches the other's rows. */
export class PostgresqlStore implements CacheStore {
  readonly name = 'PostgreSQL';
  private readonly pool: pg.Pool;
  private readonly prefix: string;
  /** Where it is there, no right to make tables is needed. */
  private readonly ensureTable = rememberSuccess(() => this.makeTable());
  private sweeper: NodeJS.Timeout | undefined;
  private sweeping: Promise<unknown> | undefined;

  /**
   * @param size how many connections there may be
   * @param prefix tells the keys of one cache from those of another
   */
  constructor(url: string, { size, prefix }: { readonly size: number; readonly prefix: string }) {
    this.prefix = `kumocast:${prefix}:`;
    this.pool = new pg.Pool({
      connectionString: url,
      max: size,
      connectionTimeoutMillis: TIMEOUT,
      application_name: 'kumocast-cache',
      keepAlive: true,
      // It keeps no process from ending.
      allowExitOnIdle: true,
    });
    // What becomes of an idle connection is seen when the next one is taken.
    this.pool.on('error', () => undefined);
  }

  async open(): Promise<void> {
    this.sweeper = setInterval(() => this.sweep(), SWEEP_INTERVAL).unref();
    await this.ensureTable().catch(() => undefined);
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.first(GET, [this.prefix + key]))?.value ?? undefined;
  }

  async set(key: string, value: string, ttl: number): Promise<void> {
    await this.first(SET, [this.prefix + key, value, ttl]);
  }

  async take(key: string): Promise<string | undefined> {
    return (await this.first(TAKE, [this.prefix + key]))?.value ?? undefined;
  }

  async count(key: string, ttl: number): Promise<number> {
    return Number((await this.first(COUNT, [this.prefix + key, ttl]))?.value);
  }

  async delete(keys: readonly string[]): Promise<void> {
    await this.first(DELETE, [keys.map((key) => this.prefix + key)]);
  }

  async deleteAll(): Promise<void> {
    await this.first(DELETE_ALL, [this.prefix], LONG_WORK);
  }

  async close(): Promise<void> {
    clearInterval(this.sweeper);
    await this.sweeping;
    await this.pool.end();
  }

  private async first(text: string, values: unknown[], timeout = TIMEOUT): Promise<ValueRow | undefined> {
    await this.ensureTable();
    const query = { text, values, query_timeout: timeout };
    return (await this.pool.query<ValueRow>(query)).rows[0];
  }

  private async makeTable(): Promise<void> {
    const { rows } = await this.pool.query<{ there: boolean }>(IS_THERE);
    if (rows[0]?.there === true) return;
    await this.pool.query(TABLE).catch((error: unknown) => {
      if (error instanceof pg.DatabaseError && IS_MADE.has(error.code ?? '')) return;
      throw error;
    });
  }

  private sweep(): void {
    this.sweeping ??= this.first(SWEEP, [this.prefix], LONG_WORK)
      .catch(() => undefined)
      .finally(() => {
        this.sweeping = undefined;
      });
  }
}
