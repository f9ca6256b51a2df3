import { DATABASE_SCHEMA } from '../../src/app.schema.js';
import { PostgresqlStorage, type PostgresqlOptions } from '../../src/storage/postgresql/postgresql-storage.js';
import { PostgresqlServer } from './postgresql.js';

export function openPostgresql(url: string, options: Partial<PostgresqlOptions> = {}): Promise<PostgresqlStorage> {
  return PostgresqlStorage.open({
    url,
    size: 8,
    timeout: 5_000,
    maxWaiting: -1,
    recycle: -1,
    statementTimeout: 5_000,
    maxGroup: 32,
    pollInterval: 50,
    migrates: true,
    migrations: DATABASE_SCHEMA.postgresqlMigrations,
    ...options,
  });
}

/** Databases that are empty but for their tables; one that is given back is emptied and given out again. */
export class PostgresqlDatabases {
  private server: PostgresqlServer | undefined;
  private readonly free: string[] = [];
  private made = 0;

  /** @param prefix of names that a later process may use again, after this one; without it, nobody does */
  constructor(private readonly prefix?: string) {}

  async start(): Promise<PostgresqlServer> {
    this.server ??= await PostgresqlServer.start();
    return this.server;
  }

  /** @returns the URL of one */
  async next(): Promise<string> {
    const server = await this.start();
    const known = this.free.pop();
    if (known === undefined && this.prefix === undefined) return server.makeDatabase();
    const url = known ?? (await server.makeDatabase(`${this.prefix}_${(this.made += 1)}`));
    await server.empty(url);
    return url;
  }

  giveBack(url: string): void {
    this.free.push(url);
  }

  async stop(): Promise<void> {
    await this.server?.stop();
  }
}
