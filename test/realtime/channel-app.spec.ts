import { inspect } from 'node:util';
import { ChannelApp, ChannelApps } from '../../src/realtime/channel-app.js';

describe('The channels apps', () => {
  const APP = { id: '1', key: 'key', secret: 'very-secret' };

  it('are found by id and by key', () => {
    const apps = new ChannelApps();
    const app = new ChannelApp(APP);
    apps.add(app);
    expect(apps.findById('1')).toBe(app);
    expect(apps.findByKey('key')).toBe(app);
    expect(apps.findById('key')).toBeUndefined();
    expect(apps.findByKey('constructor')).toBeUndefined();
  });

  it('have different ids and different keys', () => {
    const apps = new ChannelApps();
    apps.add(new ChannelApp(APP));
    expect(() => apps.add(new ChannelApp({ ...APP, key: 'other' }))).toThrow('The channels app 1 is there twice');
    expect(() => apps.add(new ChannelApp({ ...APP, id: '2' }))).toThrow('has the key of another app');
  });

  it('are read-only once the server has started', () => {
    const apps = new ChannelApps();
    apps.seal();
    expect(() => apps.add(new ChannelApp(APP))).toThrow('added after the start');
  });

  it.each([[{ ...APP, id: 'a/b' }], [{ ...APP, id: '' }], [{ ...APP, key: 'a b' }], [{ ...APP, secret: '' }]])(
    'are not made of %j',
    (parts) => {
      expect(() => new ChannelApp(parts)).toThrow();
    },
  );

  it('never show their secret', () => {
    const app = new ChannelApp(APP);
    const shown = [String(app), JSON.stringify(app), inspect(app, { showHidden: true, depth: 5 }), inspect({ app })];
    for (const text of shown) expect(text).not.toContain('very-secret');
  });
});
