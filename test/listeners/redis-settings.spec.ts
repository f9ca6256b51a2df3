import { inspect } from 'node:util';
import { ListenerKinds } from '../../src/changes/change-listener.js';
import { makeConfiguredListeners } from '../../src/changes/configured-listeners.js';
import { redisListener } from '../../src/listeners/redis/redis.listener.js';
import { RedisSettings } from '../../src/listeners/redis/redis.settings.js';
import { readSettings, SettingSource } from '../../src/settings/settings.js';

function sourceOf(...lines: string[]): SettingSource {
  return SettingSource.fromText(['[app:main]', ...lines].join('\n'), { file: 'kinto.ini' });
}

function read(...lines: string[]): Readonly<RedisSettings> {
  return readSettings(RedisSettings, sourceOf(...lines), { prefixes: ['event_listeners.queue.'] });
}

function setTo(key: string, value: string): string {
  return `kinto.event_listeners.queue.${key} = ${value}`;
}

describe("The redis listener's settings", () => {
  it.each(['kinto_redis.listeners', 'kinto.core.listeners.redis', 'cliquet.listeners.redis', 'redis'])(
    'are those of a kinto.ini that uses %s',
    (use) => {
      const kinds = new ListenerKinds();
      kinds.add('redis', redisListener);
      const source = sourceOf(
        'kinto.event_listeners = queue',
        setTo('use', use),
        setTo('url', 'redis://localhost:6379/1'),
        setTo('pool_size', '5'),
        setTo('listname', 'kinto:queue'),
        setTo('actions', 'create'),
        setTo('resources', 'bucket collection'),
      );
      const [listener] = makeConfiguredListeners(source, kinds);
      expect(listener).toMatchObject({ name: 'queue', kind: 'redis', listener: { delivery: 'once-per-cluster' } });
      expect(source.unknownKeys()).toEqual([]);
    },
  );

  it("fall back to kinto-redis's, also where it is given no URL", () => {
    const defaults = { url: 'redis://localhost:6379/0', mode: 'list', listname: 'kinto.core.events', maxLength: 0 };
    expect(read()).toMatchObject(defaults);
    expect(read(setTo('url', ''))).toMatchObject(defaults);
  });

  it.each([
    'redis://localhost',
    'rediss://user:p%40ss@redis.example.org:6380/15',
    'redis://:s3cr3t@[::1]:6379/',
    'unix:///run/redis.sock',
    'unix://user:s3cr3t@/run/redis.sock?db=2',
  ])('take %s for a URL', (url) => {
    expect(read(setTo('url', url.replaceAll('%', '%%'))).url).toBe(url);
  });

  it.each([
    'http://:s3cr3t@localhost',
    'localhost:6379',
    'redis://:s3cr3t@localhost/tasks',
    'redis://:s3cr3t@localhost:port',
    'redis://:s3cr3t%zz@localhost',
    'redis://',
    'unix:///',
  ])('refuse %s as a URL without repeating it', (url) => {
    const problem = failureOf(setTo('url', url.replaceAll('%', '%%')));
    expect(problem).toContain('kinto.ini line 2: kinto.event_listeners.queue.url: is no such URL (where Redis is: ');
    expect(problem).not.toContain('s3cr3t');
  });

  it.each([
    ['mode', 'queue', 'expected one of list, stream, pubsub'],
    ['listname', 'all:{bucket}', 'there is no placeholder {bucket}'],
    ['key', '{bucket_id', 'a brace stands alone'],
    ['channel', '""', 'a channel has a name'],
    ['max_length', '-1', 'must not be less than 0'],
    ['batch', '0', 'must not be less than 1'],
    ['timeout', '30000', 'must not be greater than 25000'],
    ['max_event_bytes', '10', 'must not be less than 1024'],
  ])('refuse %s = %s in one line that names the key', (key, value, problem) => {
    const message = failureOf(setTo(key, value));
    expect(message).toContain(`kinto.ini line 2: kinto.event_listeners.queue.${key} = ${value}: `);
    expect(message).toContain(problem);
    expect(message).not.toContain('\n');
  });

  it('show no password in the listener that is made of them', () => {
    const settings = read(setTo('url', 'redis://user:s3cr3t@localhost'));
    const listener = redisListener.create(settings, { name: 'queue', payload: 'kinto' });
    expect(inspect(listener, { depth: 20, showHidden: true })).not.toContain('s3cr3t');
  });
});

function failureOf(...lines: string[]): string {
  try {
    read(...lines);
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was refused';
}
