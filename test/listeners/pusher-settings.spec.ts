import { ListenerKinds } from '../../src/changes/change-listener.js';
import { makeConfiguredListeners } from '../../src/changes/configured-listeners.js';
import { pusherListener } from '../../src/listeners/pusher/pusher.listener.js';
import { pusherOptions } from '../../src/listeners/pusher/pusher-options.js';
import { PusherSettings } from '../../src/listeners/pusher/pusher.settings.js';
import { readSettings, SettingSource } from '../../src/settings/settings.js';

const PREFIXES = ['event_listeners.pusher.', 'pusher.'];
const APP = ['pusher.app_id = 12345', 'pusher.key = 0123', 'pusher.secret = s3cr3t'];

function read(...lines: string[]): Readonly<PusherSettings> {
  const source = SettingSource.fromText(['[app:main]', ...lines].join('\n'), { file: 'kinto.ini' });
  return readSettings(PusherSettings, source, { prefixes: PREFIXES });
}

describe("The pusher listener's settings", () => {
  it("are those of Kinto's tutorial", () => {
    const text = `[app:main]
kinto.includes = cliquet_pusher

kinto.event_listeners = pusher
kinto.event_listeners.pusher.use = cliquet_pusher.listener
kinto.event_listeners.pusher.resources = record
kinto.event_listeners.pusher.channel = {bucket_id}-{collection_id}-{resource_name}

pusher.app_id = 12345
pusher.key = 0123
pusher.secret = s3cr3t
`;
    const kinds = new ListenerKinds();
    kinds.add('pusher', pusherListener);
    const [listener] = makeConfiguredListeners(SettingSource.fromText(text), kinds);
    expect(listener).toMatchObject({ name: 'pusher', kind: 'pusher', listener: { delivery: 'once-per-cluster' } });
  });

  it('take an id and a key of digits for the texts they are', () => {
    expect(read(...APP)).toMatchObject({ appId: '12345', key: '0123', timeout: 5000, maxEventBytes: 10_240 });
  });

  it("prefer the listener's own value to the shared one", () => {
    expect(read(...APP, 'kinto.event_listeners.pusher.key = own').key).toBe('own');
  });

  it('speak TLS to hosted Pusher and plain HTTP to a host of its own, unless told otherwise', () => {
    expect(pusherOptions(read(...APP))).toMatchObject({ cluster: '', useTLS: true });
    expect(pusherOptions(read(...APP, 'pusher.cluster = eu'))).toMatchObject({ cluster: 'eu', useTLS: true });
    const own = ['pusher.host = push.example.org', 'pusher.port = 6001'];
    expect(pusherOptions(read(...APP, ...own))).toMatchObject({
      host: 'push.example.org',
      port: '6001',
      useTLS: false,
    });
    expect(pusherOptions(read(...APP, ...own, 'pusher.use_tls = yes')).useTLS).toBe(true);
    expect(pusherOptions(read(...APP, 'pusher.use_tls = no')).useTLS).toBe(false);
  });

  it.each([
    [APP.slice(1), 'event_listeners.pusher.app_id: is not set: it is needed'],
    [[...APP.slice(0, 2), 'pusher.secret ='], 'kinto.ini line 4: pusher.secret: it is needed'],
    [['pusher.app_id = <pusher-app-id>', ...APP.slice(1)], 'pusher.app_id = <pusher-app-id>: is made of A-Z a-z 0-9'],
    [[...APP, 'pusher.host = http://localhost:6001'], 'pusher.host = http://localhost:6001: is a host name'],
    [[...APP, 'pusher.timeout = 30000'], 'pusher.timeout = 30000: must not be greater than 25000'],
    [[...APP, 'pusher.channel = private-encrypted-{bucket_id}'], 'cannot be encrypted'],
    [[...APP, 'pusher.channel = {bucket}'], 'there is no placeholder {bucket}'],
  ])('refuse %j in one line that names the key', (lines, problem) => {
    let message = '';
    try {
      read(...lines);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain(problem);
    expect(message).not.toContain('\n');
    expect(message).not.toContain('s3cr3t');
  });
});
