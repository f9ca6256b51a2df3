import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A Python environment that has Kinto; `npm run test:kinto` makes one. */
const ENVIRONMENT = process.env.KINTO_VENV ?? 'var/kinto-venv';

const PROGRAM = join(ENVIRONMENT, 'bin', 'kinto');

/** Whether `npm run test:kinto` has made it, or somebody else. In CI it has to be there. */
export const hasKinto = existsSync(PROGRAM) || process.env.CI === 'true';

/** A real Kinto on a PostgreSQL database, with accounts, history and the default bucket. */
export class RealKinto {
  private constructor(
    readonly url: string,
    private readonly directory: string,
    private readonly server: ChildProcess,
  ) {}

  static async start(database: string): Promise<RealKinto> {
    const directory = mkdtempSync(join(tmpdir(), 'kumocast-kinto-'));
    const ini = join(directory, 'kinto.ini');
    const port = await findFreePort();
    writeFileSync(ini, settingsFor(database, port));
    const migrated = spawnSync(PROGRAM, ['migrate', '--ini', ini], { encoding: 'utf8' });
    if (migrated.status !== 0) throw new Error(`kinto migrate: ${migrated.stderr}`);
    const server = spawn(PROGRAM, ['start', '--ini', ini, '--port', String(port)], { stdio: 'ignore' });
    const kinto = new RealKinto(`http://127.0.0.1:${port}`, directory, server);
    await kinto.untilReady();
    return kinto;
  }

  async stop(): Promise<void> {
    if (this.server.exitCode === null) {
      const ended = new Promise((resolve) => this.server.once('exit', resolve));
      this.server.kill();
      await ended;
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async untilReady(): Promise<void> {
    const deadline = Date.now() + 90_000;
    for (;;) {
      try {
        if ((await fetch(`${this.url}/v1/`)).ok) return;
      } catch (error) {
        if (Date.now() > deadline || this.server.exitCode !== null) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** What both are told alike; the rest of the file only Kinto understands. */
export const KINTO_SETTINGS = `
kinto.includes = kinto.plugins.default_bucket kinto.plugins.accounts kinto.plugins.history
kinto.userid_hmac_secret = not-a-secret
multiauth.policies = account basicauth
multiauth.policy.account.use = kinto.plugins.accounts.AccountsPolicy
kinto.account_create_principals = system.Everyone
kinto.bucket_create_principals = system.Everyone
`;

function settingsFor(database: string, port: number): string {
  return `[app:main]
use = egg:kinto
${KINTO_SETTINGS}
kinto.storage_backend = kinto.core.storage.postgresql
kinto.storage_url = ${database}
kinto.permission_backend = kinto.core.permission.postgresql
kinto.permission_url = ${database}
kinto.cache_backend = kinto.core.cache.memory
[server:main]
use = egg:waitress#main
host = 127.0.0.1
port = ${port}
`;
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
