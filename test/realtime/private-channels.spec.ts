import { ChannelApp } from '../../src/realtime/channel-app.js';
import { whyNotSigned } from '../../src/realtime/pusher/authorization.js';
import { authFor, join } from './support/authorize.js';
import { APP, OTHER_APP, startServer, type ChannelsServer } from './support/channels-server.js';
import { RawClient } from './support/raw-client.js';

describe('Private channels', () => {
  let server: ChannelsServer;
  beforeAll(async () => (server = await startServer()));
  afterAll(() => server.close());

  const succeeded = (channel: string) =>
    `{"event":"pusher_internal:subscription_succeeded","channel":"${channel}","data":"{}"}`;

  it.each(['private-x', 'private-encrypted-x', 'private-', 'private-@=,.;_'])(
    'admit to %s whom the app has signed for',
    async (channel) => {
      const client = await RawClient.connect(server);
      expect(await join(client, channel)).toBe(succeeded(channel));
      expect(server.hub.publish(APP.id, { channel, event: 'e', data: '{"nonce":"x","ciphertext":"y"}' })).toBe(1);
      expect(await client.next()).toBe(
        `{"event":"e","channel":"${channel}","data":"{\\"nonce\\":\\"x\\",\\"ciphertext\\":\\"y\\"}"}`,
      );
      await client.close();
    },
  );

  it('take channel data into the signature when the client sends them', async () => {
    const client = await RawClient.connect(server);
    const data = '{"any": "data", "é":1}';
    const subscribe = (text: string) =>
      client.say({
        event: 'pusher:subscribe',
        data: { auth: authFor(text), channel: 'private-x', channel_data: data },
      });
    subscribe(`${client.socketId}:private-x`);
    expect(await client.next()).toContain('"type":"AuthError"');
    subscribe(`${client.socketId}:private-x:${data}`);
    expect(await client.next()).toBe(succeeded('private-x'));
    await client.close();
  });

  it('take null and an empty text for no channel data', async () => {
    for (const data of [null, '']) {
      const client = await RawClient.connect(server);
      const auth = authFor(`${client.socketId}:private-x`);
      client.say({ event: 'pusher:subscribe', data: { auth, channel: 'private-x', channel_data: data } });
      expect(await client.next()).toBe(succeeded('private-x'));
      await client.close();
    }
  });

  it.each([
    ['no signature', () => undefined, 'missing'],
    ['an empty signature', () => '', 'missing'],
    ['a signature that is no text', () => 7, 'missing'],
    ['a signature without a key', () => '0'.repeat(64), 'a colon'],
    ["another app's key", (text: string) => authFor(text, OTHER_APP), 'not the key of this app'],
    ['a wrong signature', () => `${APP.key}:${'0'.repeat(64)}`, 'Wrong signature'],
    ['a short signature', () => `${APP.key}:abc`, 'Wrong signature'],
    ['a signature with more behind it', (text: string) => `${authFor(text)}:x`, 'Wrong signature'],
    [
      'a signature in upper case',
      (text: string) => authFor(text).toUpperCase().replace(APP.key.toUpperCase(), APP.key),
      'Wrong',
    ],
    ['the signature of another channel', (text: string) => authFor(`${text}-other`), 'Wrong signature'],
    ['the signature of another socket', () => authFor('1.1:private-x'), 'Wrong signature'],
  ])('refuse %s, each with its own words, and deliver nothing', async (_, make, words) => {
    const client = await RawClient.connect(server);
    const text = `${client.socketId}:private-x`;
    client.say({ event: 'pusher:subscribe', data: { auth: make(text), channel: 'private-x' } });
    expect(JSON.parse(await client.next())).toEqual({
      event: 'pusher:subscription_error',
      channel: 'private-x',
      data: { type: 'AuthError', status: 401, error: expect.stringContaining(words) as string },
    });
    expect(server.hub.publish(APP.id, { channel: 'private-x', event: 'e', data: '' })).toBe(0);
    expect(await client.settle()).toEqual([]);
    await client.close();
  });

  it('tell what should have been signed and what was received, and neither the secret nor the right signature', async () => {
    const client = await RawClient.connect(server);
    client.say({ event: 'pusher:subscribe', data: { auth: `${APP.key}:abc`, channel: 'private-x' } });
    const answer = await client.next();
    expect(answer).toContain(`${client.socketId}:private-x`);
    expect(answer).toContain('abc');
    expect(answer).not.toContain(APP.secret);
    expect(answer).not.toContain(authFor(`${client.socketId}:private-x`).slice(-64));
    await client.close();
  });

  it.each([
    ['1234.1234:private-foobar', '58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4'],
    [
      '1234.1234:presence-foobar:{"user_id":10,"user_info":{"name":"Mr. Channels"}}',
      '31935e7d86dba64c2a90aed31fdc61869f9b22ba9d8863bba239c03ca481bc80',
    ],
    ['1234.1234::user::{"id":"12345"}', '4708d583dada6a56435fb8bc611c77c359a31eebde13337c16ab43aa6de336ba'],
  ])('know the published signature of %s', (text, hex) => {
    const app = new ChannelApp(APP);
    expect(whyNotSigned(text, `${APP.key}:${hex}`, app)).toBeUndefined();
    expect(whyNotSigned(`${text} `, `${APP.key}:${hex}`, app)).toContain('Wrong signature');
  });

  it('are occupied and vacated once, whoever comes and goes between', async () => {
    const [one, two] = [await RawClient.connect(server), await RawClient.connect(server)];
    server.told.length = 0;
    await join(one, 'private-told');
    await join(two, 'private-told');
    one.say({ event: 'pusher:unsubscribe', data: { channel: 'private-told' } });
    await one.settle();
    expect(server.told).toEqual([{ name: 'channel_occupied', channel: 'private-told' }]);
    two.say({ event: 'pusher:unsubscribe', data: { channel: 'private-told' } });
    await two.settle();
    expect(server.told.slice(1)).toEqual([{ name: 'channel_vacated', channel: 'private-told' }]);
    await Promise.all([one.close(), two.close()]);
  });
});
