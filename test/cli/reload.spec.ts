import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { Commands, type RunningCommand } from '../support/command.js';

/** ms; a server starts slowly on a busy machine. */
const PATIENCE = 60_000;

let commands: Commands;
let server: RunningCommand | undefined;
beforeAll(() => (commands = new Commands()));
afterEach(async () => {
  // Not SIGKILL: the server is a process of its own, and would stay.
  server?.kill('SIGTERM');
  await server?.ended;
  server = undefined;
});
afterAll(() => commands.clear());

const settings = (more: string): string => `[app:main]
kinto.storage_backend = memory
kinto.userid_hmac_secret = a-secret-that-must-stay-one
${more}
`;

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error('It never came to that');
    await new Promise(setImmediate);
  }
}

/** Waits until the server calls itself so; `undefined`: until there is none. */
async function untilNamed(port: number, name: string | undefined): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  let seen: unknown = 'nothing';
  while (Date.now() < deadline) {
    seen = await fetch(`http://127.0.0.1:${port}/v1/`, { headers: { connection: 'close' } }).then(
      async (answer) => ((await answer.json()) as { project_name: string }).project_name,
      () => undefined,
    );
    if (seen === name) return;
    await new Promise(setImmediate);
  }
  throw new Error(`The server is ${String(seen)}, not ${String(name)}`);
}

describe('kumocast start --reload', () => {
  it(
    'starts again when its file changes, waits for a better one, and ends when it is told to',
    async () => {
      const port = await freePort();
      const file = commands.write('reload.ini', settings('kinto.project_name = one'));
      server = commands.start('start', '--reload', '--ini', file, '--port', String(port));
      await untilNamed(port, 'one');

      writeFileSync(file, settings('kinto.project_name = two'));
      await untilNamed(port, 'two');

      writeFileSync(file, settings('kinto.paginate_by = many'));
      await until(() => server?.printed.includes('The server has ended; it is started again when') === true);
      await untilNamed(port, undefined);

      // As editors save: another file takes the name.
      renameSync(commands.write('reload.ini.new', settings('kinto.project_name = three')), file);
      await untilNamed(port, 'three');

      server.kill('SIGTERM');
      const { code, stderr } = await server.ended;
      expect(code).toBe(0);
      expect(stderr).toContain('kinto.paginate_by = many: expected a whole number');
      await untilNamed(port, undefined);
    },
    6 * PATIENCE,
  );

  it('needs a file', async () => {
    const { code, stderr } = await commands.run('start', '--reload');
    expect(stderr).toBe('kumocast: --reload needs a file with settings, which --ini names\n');
    expect(code).toBe(2);
  });
});
