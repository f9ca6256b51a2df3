import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import pg from 'pg';

/** A server to make databases on, e.g. `postgresql://postgres@127.0.0.1:5432/postgres`. Without it, one is started. */
const SERVER_URL = process.env.KUMOCAST_TEST_POSTGRESQL;

/** Where Debian puts the programs. In CI they have to be there. */
const isThere = SERVER_URL !== undefined || existsSync('/usr/lib/postgresql') || process.env.CI === 'true';

/** `describe`, skipped where there is no server; its title should say `[needs postgresql]`. */
export const describeWithPostgresql = isThere ? describe : describe.skip;

/** A server with empty databases. */
export class PostgresqlServer {
  private made = 0;
  private readonly names: string[] = [];

  private constructor(
    readonly url: string,
    private readonly process: ChildProcess | undefined,
  ) {}

  static async start(): Promise<PostgresqlServer> {
    if (SERVER_URL !== undefined) return new PostgresqlServer(SERVER_URL, undefined);
    const started = await startServer();
    return new PostgresqlServer(started.url, started.process);
  }

  /**
   * Makes a database.
   *
   * @param name of one that may be there already
   * @returns its URL
   */
  async makeDatabase(name?: string): Promise<string> {
    const made = name ?? `kumocast_test_${process.pid}_${Date.now().toString(36)}_${(this.made += 1)}`;
    try {
      await this.run(`CREATE DATABASE ${made} TEMPLATE template0 ENCODING 'UTF8'`);
    } catch (error) {
      if (name === undefined || !(error instanceof pg.DatabaseError) || error.code !== '42P04') throw error;
    }
    if (name === undefined) this.names.push(made);
    return this.urlOf(made);
  }

  /** Empties the tables of a database, and lets their numbers begin anew: much faster than making another one. */
  async empty(url: string): Promise<void> {
    await this.run(EMPTY, url);
  }

  async dropDatabase(url: string): Promise<void> {
    const name = new URL(url).pathname.slice(1);
    this.names.splice(this.names.indexOf(name), 1);
    await this.run(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  }

  /** Runs a statement in a database, by default in the one that is always there. */
  async run<Row extends pg.QueryResultRow>(statement: string, url = this.url): Promise<Row[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Row>(statement)).rows;
    } finally {
      await client.end();
    }
  }

  /** Ends every connection, and with a server of the test's own the server, which is there again afterwards. */
  async restart(): Promise<void> {
    const { process: own } = this;
    if (own === undefined) {
      await this.run('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()');
      return;
    }
    const again = new Promise((resolve) => own.stdout?.once('data', resolve));
    own.kill('SIGUSR2');
    await again;
  }

  async stop(): Promise<void> {
    if (this.process !== undefined) return stopServer(this.process);
    for (const name of [...this.names]) await this.dropDatabase(this.urlOf(name));
  }

  private urlOf(database: string): string {
    const url = new URL(this.url);
    url.pathname = `/${database}`;
    return url.href;
  }
}

const EMPTY = `DO $$
  DECLARE each record;
  BEGIN
    FOR each IN SELECT tablename FROM pg_tables
      WHERE schemaname = 'public' AND tablename NOT IN ('metadata', 'kumocast_migrations') LOOP
      EXECUTE format('DELETE FROM %I', each.tablename);
    END LOOP;
    FOR each IN SELECT sequencename FROM pg_sequences
      WHERE schemaname = 'public' AND sequencename NOT LIKE 'kumocast%' LOOP
      EXECUTE format('ALTER SEQUENCE %I RESTART', each.sequencename);
    END LOOP;
    IF to_regclass('metadata') IS NOT NULL THEN
      DELETE FROM metadata WHERE name <> 'created_at' AND name NOT LIKE '%schema_version';
    END IF;
  END $$`;

/** A server that ends when this process does, however that happens: its input ends then. */
async function startServer(): Promise<{ url: string; process: ChildProcess }> {
  const child = spawn(process.execPath, ['scripts/postgresql.mjs'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let told = '';
  child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
    child.once('exit', () => reject(new Error(`PostgreSQL did not start: ${told}`)));
  });
  // Where a spec fails before it can stop the server, its process still ends, and the server with it.
  child.unref();
  for (const pipe of [child.stdin, child.stdout, child.stderr]) if ('unref' in pipe) (pipe as Socket).unref();
  return { url, process: child };
}

async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.ref();
  child.stdin?.end();
  await ended;
}
