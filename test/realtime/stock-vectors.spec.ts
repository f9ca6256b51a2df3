import { createHash } from 'node:crypto';
import Pusher from 'pusher';
import { ChannelApp } from '../../src/realtime/channel-app.js';

/* The vectors of pusher-protocol.md that other specs do not have: what this server signs is what the libraries sign. */

const TOFU = { id: '1', key: 'key', secret: 'tofu' };

const MASTER_KEY = Buffer.alloc(32, 1).toString('base64');

const library = new Pusher({
  appId: TOFU.id,
  key: TOFU.key,
  secret: TOFU.secret,
  host: '127.0.0.1',
  encryptionMasterKeyBase64: MASTER_KEY,
});

describe('The vectors of the libraries', () => {
  it.each([
    ['123.456:test', 'efa6cf7644a0b35cba36aa0f776f3cbf7bb60e95ea2696bde1dbe8403b61bd7c'],
    ['123.456::user::{"id":"45678"}', 'f4b1fdeea7c93e32648c7230e32b172057c5623cace6cfce791c6e7035e0babd'],
    [
      '{"time_ms":1403175510755,"events":[{"channel":"test_channel","name":"channel_vacated"}]}',
      'c17257e92037cd7de407ebc1ed174ceb7b2e518db127f44411b9ffc4f5b28cc5',
    ],
  ])('of %s is signed as they have it', (text, hex) => {
    expect(new ChannelApp(TOFU).sign(text)).toBe(hex);
  });

  it('are those of pusher itself, for channels, users and webhooks', () => {
    const hexOf = (auth: string) => auth.split(':')[1]!;
    expect(hexOf(library.authorizeChannel('123.456', 'test').auth)).toBe(
      'efa6cf7644a0b35cba36aa0f776f3cbf7bb60e95ea2696bde1dbe8403b61bd7c',
    );
    expect(hexOf(library.authenticateUser('123.456', { id: '45678' }).auth)).toBe(
      'f4b1fdeea7c93e32648c7230e32b172057c5623cace6cfce791c6e7035e0babd',
    );
    const rawBody = '{"time_ms":1403175510755,"events":[{"channel":"test_channel","name":"channel_vacated"}]}';
    const headers = {
      'content-type': 'application/json',
      'x-pusher-key': TOFU.key,
      'x-pusher-signature': new ChannelApp(TOFU).sign(rawBody),
    };
    expect(library.webhook({ headers, rawBody }).isValid()).toBe(true);
  });

  it('of encrypted channels are a hash of the name and the master key', () => {
    const channel = 'private-encrypted-z';
    const hash = createHash('sha256').update(channel).update(Buffer.from(MASTER_KEY, 'base64')).digest('base64');
    expect(hash).toBe('7UG7tAPTCAcaEj8VH4taFo/Liw+Zulx/G6rFL/n9Qsw=');
    expect(library.authorizeChannel('123.456', channel).shared_secret).toBe(hash);
  });
});
