import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

/** A server to make databases on, e.g. `postgresql://postgres@127.0.0.1:5432/postgres`. Without it, one is started. */
const SERVER_URL = process.env.KUMOCAST_TEST_POSTGRESQL;

/** Where Debian puts the programs, the newest version first. */
function findPrograms(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(root, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
}

const programs = findPrograms();

/** In CI it has to be there. */
const isThere = SERVER_URL !== undefined || programs !== undefined || process.env.CI === 'true';

/** `describe`, skipped where there is no server; its title should say `[needs postgresql]`. */
export const describeWithPostgresql = isThere ? describe : describe.skip;

/** A server with empty databases. */
export class PostgresqlServer {
  private made = 0;
  private readonly names: string[] = [];

  private constructor(
    readonly url: string,
    private readonly cluster: Cluster | undefined,
  ) {}

  static async start(): Promise<PostgresqlServer> {
    if (SERVER_URL !== undefined) return new PostgresqlServer(SERVER_URL, undefined);
    if (programs === undefined) throw new Error('PostgreSQL is not installed: apt-get install postgresql');
    const cluster = await Cluster.start(programs);
    return new PostgresqlServer(cluster.url, cluster);
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

  async stop(): Promise<void> {
    if (this.cluster === undefined) for (const name of [...this.names]) await this.dropDatabase(this.urlOf(name));
    await this.cluster?.stop();
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

/** A cluster of its own in a temporary directory. Nothing in it outlives the tests, so that nothing is synced. */
class Cluster {
  private constructor(
    readonly url: string,
    private readonly directory: string,
    private readonly server: ChildProcess,
  ) {}

  static async start(bin: string): Promise<Cluster> {
    const directory = mkdtempSync(join(tmpdir(), 'kumocast-postgresql-'));
    const owner = findOwner();
    if (owner !== undefined) chownSync(directory, owner.uid, owner.gid);
    const as = { ...owner, cwd: directory, env: { PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8' } };
    const locale = ['--encoding=UTF8', '--lc-collate=C', '--lc-ctype=C.UTF-8'];
    execFileSync(join(bin, 'initdb'), ['-D', 'cluster', '-U', 'postgres', '-A', 'trust', '-N', ...locale], as);
    const port = await findFreePort();
    const settings = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=200'];
    const server = spawn(
      join(bin, 'postgres'),
      ['-D', 'cluster', '-p', String(port), '-h', '127.0.0.1', '-k', directory, ...settings.flatMap((one) => ['-c', one])],
      { ...as, stdio: 'ignore' },
    );
    const cluster = new Cluster(`postgresql://postgres@127.0.0.1:${port}/postgres`, directory, server);
    await cluster.untilReady();
    return cluster;
  }

  async stop(): Promise<void> {
    if (this.server.exitCode === null) {
      const ended = new Promise((resolve) => this.server.once('exit', resolve));
      this.server.kill('SIGINT'); // "Fast": whoever is still connected is disconnected.
      await ended;
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async untilReady(): Promise<void> {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const client = new pg.Client({ connectionString: this.url });
      try {
        await client.connect();
        await client.end();
        return;
      } catch (error) {
        if (Date.now() > deadline || this.server.exitCode !== null) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
}

/** The server refuses to run as root. */
function findOwner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (option: string) => Number(execFileSync('id', [option, 'postgres']).toString());
  return { uid: idOf('-u'), gid: idOf('-g') };
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
