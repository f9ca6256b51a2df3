import { Program, startServerProcess, type ServerProcess } from './kumocast-process.js';

const headers = {
  authorization: `Basic ${Buffer.from('token:alice-token').toString('base64')}`,
  'content-type': 'application/json',
};

let server: ServerProcess;
beforeAll(async () => {
  server = await startServerProcess();
});
afterAll(() => server.stop());

function watch(...args: string[]): Program {
  return Program.node(['examples/watch.mjs', ...args]);
}

function write(method: string, id: string, data?: object): Promise<Response> {
  const body = data === undefined ? {} : { body: JSON.stringify({ data }) };
  return fetch(`${server.url}/v1/buckets/default/collections/tasks/records/${id}`, { method, headers, ...body });
}

describe('examples/watch.mjs', () => {
  it('prints a line for each change, and ends on Ctrl-C', async () => {
    const watching = watch('--server', server.url);
    await watching.said(/ {2}Connected to 127\.0\.0\.1:\d+\n/);
    await watching.said(/ {2}Subscribed to [0-9a-f-]{36}-tasks-record\n/);
    await write('PUT', 'bob', { name: 'bob', age: 7 });
    await write('PATCH', 'bob', { name: 'alice' });
    await write('DELETE', 'bob');
    await watching.said(/delete .*\n/);
    expect(await watching.interrupt()).toBe(0);
    const lines = watching.text.trim().split('\n').slice(-3);
    expect(lines.map((line) => line.replace(/^\d\d:\d\d:\d\d {2}/, '')).map(sortedAttributes)).toEqual([
      'create  bob  age: 7  name: "bob"',
      'update  bob  name: "bob" → "alice"',
      'delete  bob  age: 7  name: "alice"',
    ]);
  });

  it('says where to fetch what is too large to send', async () => {
    const watching = watch('--server', server.url);
    await watching.said(/Subscribed/);
    await write('PUT', 'large', { text: 'x'.repeat(70_000) });
    await watching.said(/create {2}1 changed, too large to send: fetch \/v1\/buckets\/\S+\/tasks\/records\/large\n/);
    await watching.interrupt();
  });

  it('watches a channel by its name', async () => {
    const watching = watch('--server', server.url, '--channel', 'some-channel');
    await watching.said(/Subscribed to some-channel\n/);
    await watching.interrupt();
  });

  it('says why a channel cannot be subscribed to', async () => {
    const watching = watch('--server', server.url, '--channel', 'private-x');
    expect(await watching.ended()).toBe(1);
    expect(watching.text).toContain('watch: Not subscribed: ');
  });

  it('says in one line that a server cannot be reached', async () => {
    const watching = watch('--server', 'http://127.0.0.1:9');
    expect(await watching.ended()).toBe(1);
    expect(watching.text).toMatch(/^watch: http:\/\/127\.0\.0\.1:9\/v1\/ cannot be reached \(.+\)\. Does.*\n$/);
  });

  it('says in one line that an option is wrong', async () => {
    const watching = watch('--sever', server.url);
    expect(await watching.ended()).toBe(1);
    expect(watching.text).toMatch(/^watch: Unknown option '--sever'/);
  });
});

/** The order of a record's attributes is the server's own affair. */
function sortedAttributes(line: string): string {
  const [action, id, ...attributes] = line.split('  ');
  return [action, id, ...attributes.sort()].join('  ');
}
