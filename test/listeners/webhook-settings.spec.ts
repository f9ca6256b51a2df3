import { ListenerKinds } from '../../src/changes/change-listener.js';
import { makeConfiguredListeners } from '../../src/changes/configured-listeners.js';
import { webhookListener } from '../../src/listeners/webhook/webhook.listener.js';
import { WebhookListenerSettings } from '../../src/listeners/webhook/webhook.settings.js';
import { readSettings, SettingSource } from '../../src/settings/settings.js';

const PREFIX = 'event_listeners.hook.';
const PLAIN = 'plain-secret-0123';
const USUAL = { url: 'https://hooks.example/a', secret: PLAIN };

function sourceOf(settings: Record<string, string>): SettingSource {
  const lines = Object.entries({ use: 'webhook', ...settings }).map(
    ([key, value]) => `kinto.${PREFIX}${key} = ${value}`,
  );
  return SettingSource.fromText(['[app:main]', 'kinto.event_listeners = hook', ...lines].join('\n'), {
    file: 'kinto.ini',
  });
}

function make(settings: Record<string, string>) {
  const kinds = new ListenerKinds();
  kinds.add('webhook', webhookListener);
  return makeConfiguredListeners(sourceOf(settings), kinds);
}

function refusalOf(settings: Record<string, string>): string {
  try {
    make(settings);
  } catch (error) {
    expect(error).toMatchObject({ name: 'SettingsError' });
    return (error as Error).message;
  }
  throw new Error('it was accepted');
}

describe("The webhook listener's settings", () => {
  it('need no more than a URL and a secret', () => {
    const settings = readSettings(WebhookListenerSettings, sourceOf(USUAL), { prefixes: [PREFIX] });
    expect({ ...settings }).toEqual({
      urls: ['https://hooks.example/a'],
      secrets: [PLAIN],
      headers: '',
      timeout: 10_000,
      allowPrivateAddresses: false,
      maxConnections: 4,
      maxBodyBytes: 65_536,
      maxResponseBytes: 4096,
    });
    const [listener] = make(USUAL);
    expect(listener).toMatchObject({ kind: 'webhook', listener: { delivery: 'once-per-cluster' } });
  });

  it.each<[string, Record<string, string>, string]>([
    ['no URL', { secret: PLAIN }, 'event_listeners.hook.url: is not set: it is needed'],
    ['an empty URL', { ...USUAL, url: '' }, 'hook.url: it is needed'],
    ['no secret', { url: USUAL.url }, 'event_listeners.hook.secret: is not set: it is needed'],
    ['no URL at all', { ...USUAL, url: 'hooks.example/a' }, 'hook.url: it is not an http(s) URL'],
    ['another protocol', { ...USUAL, url: 'https://a.example ftp://hooks.example/' }, 'number 2 is not an http(s) URL'],
    [
      'a password in a URL',
      { ...USUAL, url: 'https://mat:pass@hooks.example/' },
      'it has a password: give it in headers',
    ],
    ['a secret too short', { ...USUAL, secret: 'short' }, 'a plain secret has at least 16 characters'],
    [
      'a secret with an umlaut',
      { ...USUAL, secret: 'plain-secret-0123-ü' },
      'a plain secret is made of printable ASCII',
    ],
    ['a key too short', { ...USUAL, secret: 'whsec_c2hvcnQ=' }, 'behind whsec_ there are 24 to 64 bytes as Base64'],
    ['a key that is no Base64', { ...USUAL, secret: `whsec_${'-'.repeat(40)}` }, 'behind whsec_ there are'],
    ['one wrong secret of two', { ...USUAL, secret: `${PLAIN} short` }, 'a plain secret has at least 16 characters'],
    ['a header without a colon', { ...USUAL, headers: 'Bearer topsecret' }, 'line 1 is not "Name: value"'],
    [
      'a header of its own',
      { ...USUAL, headers: 'X: y\n  Webhook-Id: topsecret' },
      'line 2: webhook-id cannot be chosen',
    ],
    ['a header of the connection', { ...USUAL, headers: 'Host: a' }, 'line 1: host cannot be chosen'],
    ['a header twice', { ...USUAL, headers: 'X: y\n  x: z' }, 'line 2: x stands there twice'],
    ['a header with an umlaut', { ...USUAL, headers: 'X: ü' }, 'the value of x is not made of printable ASCII'],
    ['a body too small for the notice', { ...USUAL, max_body_bytes: '1000' }, 'max_body_bytes = 1000'],
  ])('refuse %s at the start', (_, settings, problem) => {
    const message = refusalOf(settings);
    expect(message).toContain(problem);
    expect(message).not.toMatch(/topsecret|mat:pass|c2hvcnQ|ü|hooks\.example/);
  });

  it.each([
    ['http://127.0.0.1:8080/hook', '127.0.0.1 is a loopback address'],
    ['http://[::1]/hook', '::1 is a loopback address'],
    ['http://localhost/hook', 'localhost (127.0.0.1) is a loopback address'],
    ['https://hooks.example/a http://10.0.0.1/b', '10.0.0.1 is a private address'],
    ['http://[::ffff:192.168.0.1]/', '::ffff:c0a8:1 is a private address'],
    ['http://169.254.169.254/latest', '169.254.169.254 is a link-local address'],
  ])('refuse %s at the start unless private addresses are allowed', async (url, problem) => {
    expect(refusalOf({ ...USUAL, url })).toBe(
      `event_listeners.hook: ${problem}, and only public ones may be called: see allow_private_addresses`,
    );
    const [listener] = make({ ...USUAL, url, allow_private_addresses: 'true' });
    await listener!.listener.close?.();
  });
});
