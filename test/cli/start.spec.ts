import { connect, createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { Commands } from '../support/command.js';
import { basicAuth } from '../support/server.js';

const SECRET = 'a-secret-that-must-stay-one';
const USUAL = `[app:main]
multiauth.policies = basicauth
kinto.storage_backend = memory
kinto.userid_hmac_secret = ${SECRET}
`;

let commands: Commands;
beforeAll(() => (commands = new Commands()));
afterAll(() => commands.clear());

describe('kumocast', () => {
  it('says its version and what it can do', async () => {
    const [version, help] = await Promise.all([commands.run('--version'), commands.run('--help')]);
    expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string });
    expect(help.code).toBe(0);
    for (const name of ['start', 'init']) expect(help.stdout).toContain(name);
  });

  it('does not know every word', async () => {
    const { code, stderr } = await commands.run('fly');
    expect(code).toBe(2);
    expect(stderr).toContain("unknown command 'fly'");
  });
});

describe('kumocast start with settings that cannot be used', () => {
  it.each([
    ['a value', 'kinto.port = abc', 'value.ini line 5: kinto.port = abc: expected a whole number'],
    ['a key', 'kinto.port = 1\nkumocast.port = 2', 'key.ini line 6: kumocast.port contradicts kinto.port of'],
  ])('names the file, the key and the value: %s', async (what, lines, expected) => {
    const file = commands.write(`${what.split(' ')[1]}.ini`, USUAL + lines);
    const { code, stdout, stderr } = await commands.run('start', '--ini', file, '--port', '0');
    expect(stderr).toContain(expected);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stdout + stderr).not.toContain(SECRET);
    expect(code).toBe(2);
  });

  it('does not repeat the password in the URL of a database that it cannot use', async () => {
    const text = '[app:main]\nkinto.storage_url = postgresql://kinto:hunter2@db/kinto\n';
    const { code, stdout, stderr } = await commands.run(
      'start',
      '--ini',
      commands.write('url.ini', text),
      '--port',
      '0',
    );
    expect(stderr).toContain('url.ini line 2: kinto.storage_url: ');
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stdout + stderr).not.toContain('hunter2');
    expect(code).toBe(2);
  });

  it('says which file is not there', async () => {
    const { code, stderr } = await commands.run('start', '--ini', 'nowhere.ini');
    expect(stderr).toBe('kumocast: nowhere.ini: there is no such file\n');
    expect(code).toBe(2);
  });

  it('refuses a port that is none', async () => {
    const { code, stderr } = await commands.run('start', '--port', '99999');
    expect(stderr).toContain('expected a number from 0 to 65535');
    expect(code).toBe(2);
  });
});

describe('kumocast start', () => {
  it('says in one line that somebody else has the port', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const file = commands.write('port.ini', USUAL);
    const { code, stderr } = await commands.run('start', '--ini', file, '--port', String(port));
    other.close();
    expect(stderr).toMatch(new RegExp(`^kumocast: .*EADDRINUSE.*:${port}\n$`));
    expect(code).toBe(1);
  });

  it('answers what has arrived when it is told to stop, and ends well', async () => {
    const server = commands.start('start', '--ini', commands.write('stop.ini', USUAL), '--port', '0');
    const url = await server.url();
    const headers = { authorization: basicAuth('mat'), 'content-type': 'application/json' };
    const put = (path: string) => fetch(`${url}/v1/buckets${path}`, { method: 'PUT', headers, body: '{}' });
    expect((await put('/b')).status).toBe(201);
    expect((await put('/b/collections/c')).status).toBe(201);

    let answered = 0;
    const requests = Array.from({ length: 100 }, async (_, n) => {
      const answer = await put(`/b/collections/c/records/r${n}`).catch(() => undefined);
      // One that comes while it stops is refused, and can be repeated.
      if (answer === undefined || answer.status === 503) return 'not taken';
      answered += 1;
      // The whole answer, not only its beginning.
      await answer.json();
      return answer.status;
    });
    await Promise.race(requests);
    server.kill('SIGTERM');
    const outcomes = new Set(await Promise.all(requests));
    outcomes.delete('not taken');
    expect([...outcomes]).toEqual([201]);
    expect(answered).toBeGreaterThan(0);

    const { code, stdout, stderr } = await server.ended;
    expect(code).toBe(0);
    expect(stdout).toContain('SIGTERM');
    expect(stdout + stderr).not.toContain(SECRET);
    expect(stdout + stderr).not.toContain('ERROR');
  });

  it.each([
    ['nobody has asked anything yet', ''],
    ['somebody has not finished asking', 'GET /v1/ HTTP/1.1\r\nHost: localhost\r\n'],
  ])('does not wait for a connection on which %s', async (_what, said) => {
    const server = commands.start('start', '--ini', commands.write('quiet.ini', USUAL), '--port', '0');
    const { port } = new URL(await server.url());
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    if (said !== '') socket.write(said);
    // An answer on another connection: by then this one has been taken.
    await fetch(`http://127.0.0.1:${port}/v1/`);
    server.kill('SIGTERM');
    const { code, stdout, stderr } = await server.ended;
    expect(stdout + stderr).not.toContain('giving up');
    expect(code).toBe(0);
    socket.destroy();
  });
});
