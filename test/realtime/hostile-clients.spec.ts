import * as fc from 'fast-check';
import { APP, startServer, type ChannelsServer } from './support/channels-server.js';
import { eventually } from './support/eventually.js';
import { RawClient } from './support/raw-client.js';

describe('Hostile clients', () => {
  let server: ChannelsServer;
  beforeAll(async () => (server = await startServer()));
  afterAll(() => server.close());

  afterEach(async () => {
    // Whatever was done to it, the server serves the next one.
    const client = await RawClient.connect(server, 'still-there');
    expect(server.hub.publish(APP.id, { channel: 'still-there', event: 'e', data: '' })).toBe(1);
    expect(await client.next()).toContain('"event":"e"');
    await client.close();
    await eventually(() => server.hub.counters.connections === 0, 'nobody is left');
    expect(server.hub.counters.channels).toBe(0);
  });

  it.each([
    '',
    'hello',
    '[]',
    '[{"event":"pusher:ping"}]',
    '7',
    'null',
    '"text"',
    '{}',
    '{"event":7}',
    '{"event":null}',
    '{"event":',
  ])('are told that %j is no message', async (text) => {
    const client = await RawClient.connect(server);
    client.say(text);
    expect(JSON.parse(await client.next())).toMatchObject({ event: 'pusher:error', data: { code: null } });
    expect(await client.settle()).toEqual([]);
    await client.close();
  });

  it.each([
    undefined,
    null,
    7,
    true,
    '',
    'text',
    '7',
    '[]',
    [],
    {},
    { channel: null },
    { channel: 7 },
    { channel: ['a'] },
    { channel: {} },
  ])('get an error for a subscribe and an unsubscribe with the data %j', async (data) => {
    const client = await RawClient.connect(server);
    for (const event of ['pusher:subscribe', 'pusher:unsubscribe']) {
      client.say({ event, data });
      expect(JSON.parse(await client.next())).toMatchObject({ event: 'pusher:error', data: { code: null } });
    }
    await client.close();
  });

  it('may nest JSON as deep as a frame allows', async () => {
    const client = await RawClient.connect(server);
    client.say(`{"event":"pusher:subscribe","data":${'['.repeat(16_000)}${']'.repeat(16_000)}}`);
    expect(await client.next()).toContain('pusher:error');
    client.say(`{"event":"pusher:subscribe","data":${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}}`);
    expect(await client.next()).toContain('pusher:error');
    await client.close();
  });

  it('are closed with 1008 after a hundred malformed messages', async () => {
    const client = await RawClient.connect(server);
    for (let count = 0; count < 101; count += 1) client.say('nonsense');
    expect((await client.closed).code).toBe(1008);
  });

  it('are closed with 1003 for a binary frame', async () => {
    const client = await RawClient.connect(server);
    client.webSocket.send(Buffer.from('{"event":"pusher:ping"}'), { binary: true });
    expect((await client.closed).code).toBe(1003);
  });

  it('are closed with 1009 for a frame too large, and 32,768 bytes are not too large', async () => {
    const client = await RawClient.connect(server);
    const filler = (bytes: number) => `{"event":"pusher:ping","data":"${'x'.repeat(bytes - 33)}"}`;
    client.say(filler(32_768));
    expect(await client.next()).toContain('pusher:pong');
    client.say(filler(32_769));
    expect((await client.closed).code).toBe(1009);
  });

  it('are closed with 1007 for text that is not UTF-8', async () => {
    const client = await RawClient.connect(server);
    client.webSocket.send(Buffer.from([0x22, 0xff, 0xfe, 0x22]), { binary: false });
    expect((await client.closed).code).toBe(1007);
  });

  it('are heard across fragments, as long as all of them together are not too large', async () => {
    const client = await RawClient.connect(server);
    client.webSocket.send('{"event":', { fin: false });
    client.webSocket.ping();
    client.webSocket.send('"pusher:ping"}', { fin: true });
    expect(await client.next()).toContain('pusher:pong');
    for (let sent = 0; sent < 40; sent += 1) client.webSocket.send('x'.repeat(1000), { fin: false });
    expect((await client.closed).code).toBe(1009);
  });

  it('change nothing with the keys that JavaScript has for itself', async () => {
    const client = await RawClient.connect(server);
    for (const message of [
      '{"__proto__":{"event":"pusher:ping"}}',
      '{"event":"pusher:subscribe","data":{"__proto__":{"channel":"c"}}}',
      '{"event":"pusher:subscribe","data":{"constructor":{"prototype":{"channel":"c"}}}}',
      '{"event":"pusher:signin","data":{"__proto__":{"user_data":"{}"}}}',
      '{"event":"client-x","__proto__":{"channel":"private-x"}}',
      '{"event":"__proto__"}',
      '{"event":"constructor","data":{}}',
    ]) {
      client.say(message);
      expect(JSON.parse(await client.next())).toMatchObject({ event: 'pusher:error', data: { code: null } });
    }
    for (const channel of ['__proto__', 'constructor', 'toString']) {
      client.say({ event: 'pusher:subscribe', data: { channel } });
      expect(await client.next()).toContain('subscription_succeeded');
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
    await client.close();
  });

  it.each([
    ['pusher:signin', { auth: `${APP.key}:x`, user_data: '['.repeat(10_000) }],
    ['pusher:signin', { auth: {}, user_data: 7 }],
    ['pusher:signin', null],
    ['pusher:signin', [1]],
    ['pusher:subscribe', { channel: 'private-x', auth: ':' }],
    ['pusher:subscribe', { channel: 'private-x', auth: [`${APP.key}:x`] }],
    ['pusher:subscribe', { channel: 'presence-x', auth: `${APP.key}:\ud800`, channel_data: '\ud800' }],
    ['pusher:subscribe', { channel: 'presence-x', auth: 'x'.repeat(20_000), channel_data: '{}' }],
    ['pusher:subscribe', { channel: '#server-to-user-__proto__' }],
    ['client-x', {}],
  ])('get a short error for %s with %j', async (event, data) => {
    const client = await RawClient.connect(server);
    client.say({ event, data });
    const answer = await client.next();
    expect(JSON.parse(answer)).toMatchObject({ event: expect.stringMatching(/error$/) as string });
    expect(answer.length).toBeLessThan(1500);
    expect(await client.settle()).toEqual([]);
    await client.close();
  });

  it('are repeated in an error only so far', async () => {
    const client = await RawClient.connect(server);
    client.say({ event: 'x'.repeat(30_000) });
    expect((await client.next()).length).toBeLessThan(400);
    await client.close();
  });

  it('get a thousand subscriptions, and ten thousand refusals beyond', async () => {
    const client = await RawClient.connect(server);
    for (let index = 0; index < 11_000; index += 1) {
      client.say({ event: 'pusher:subscribe', data: { channel: `c${index}` } });
      if (index % 1000 === 999) await client.settle();
    }
    expect(client.received.filter((message) => message.includes('subscription_succeeded'))).toHaveLength(1000);
    expect(client.received.filter((message) => message.includes('LimitReached'))).toHaveLength(10_000);
    expect(server.hub.counters.channels).toBe(1000);
    await client.close();
  });

  it('may say anything without breaking their own connection', async () => {
    const client = await RawClient.connect(server);
    const event = fc.constantFrom(
      'client-y',
      'pusher:subscribe',
      'pusher:unsubscribe',
      'pusher:signin',
      'pusher:ping',
      'client-x',
    );
    const data = fc.oneof(fc.jsonValue(), fc.json(), fc.record({ channel: fc.oneof(fc.string(), fc.jsonValue()) }));
    const message = fc.record(
      { event: fc.oneof(event, fc.string()), data, channel: fc.jsonValue() },
      { requiredKeys: ['event'] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 5 }), async (messages) => {
        for (const one of messages) client.say(one);
        for (const answer of await client.settle()) {
          expect(JSON.parse(answer)).toMatchObject({ event: expect.stringMatching(/^pusher/) as string });
        }
      }),
      { numRuns: 150 },
    );
    await client.close();
  });

  it('may send anything as bytes on the socket', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        const client = await RawClient.connect(server);
        const { _socket: socket } = client.webSocket as unknown as { _socket: NodeJS.WritableStream };
        socket.end(Buffer.from(bytes));
        await client.closed;
      }),
      { numRuns: 40 },
    );
  });
});
