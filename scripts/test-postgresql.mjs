// The tests whose servers need no file of their own, with PostgreSQL behind each of them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const FOLDERS = ['test/storage', 'test/permissions', 'test/resources', 'test/plugins'];

const server = spawn(process.execPath, [fileURLToPath(new URL('postgresql.mjs', import.meta.url))], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const [line] = await Promise.race([once(server.stdout, 'data'), once(server, 'exit').then(() => [undefined])]);
if (line === undefined) process.exit(1);
const asked = process.argv.slice(2);
const jest = fileURLToPath(new URL('../node_modules/jest/bin/jest.js', import.meta.url));
// Every statement is a journey to the server: some tests write thousands of objects.
const options = ['--testTimeout=60000'];
const tests = spawn(
  process.execPath,
  ['--experimental-vm-modules', jest, ...options, ...(asked.length > 0 ? asked : FOLDERS)],
  {
    stdio: 'inherit',
    env: { ...process.env, KUMOCAST_TEST_STORAGE: 'postgresql', KUMOCAST_TEST_POSTGRESQL: String(line).trim() },
  },
);
const [code] = await once(tests, 'exit');
const stopped = once(server, 'exit');
server.stdin.end();
await stopped;
process.exit(code ?? 1);
