import { IsInt, Max } from 'class-validator';
import { ListenerKinds, type ListenerDefinition } from '../../src/changes/change-listener.js';
import { makeConfiguredListeners } from '../../src/changes/configured-listeners.js';
import { Setting, SettingsError, SettingSource } from '../../src/settings/settings.js';
import { committedChange } from '../support/committed-change.js';
import { FakeListener } from '../support/fake-listener.js';

class FakeSettings {
  @Setting({ key: 'room', type: 'string', default: 'hall', sentence: 'Where it is heard.' })
  room!: string;

  @Setting({ key: 'volume', type: 'integer', default: 5, sentence: 'How loud it is.' })
  @IsInt()
  @Max(11)
  volume!: number;
}

describe('The configured listeners', () => {
  const made: [name: string, room: string][] = [];
  const fake: ListenerDefinition<FakeSettings> = {
    kind: 'pusher',
    settings: FakeSettings,
    sharedPrefixes: ['fake.'],
    create: ({ room }, { name }) => {
      if (room === 'cellar') throw new RangeError('nobody hears it\nthere');
      made.push([name, room]);
      return new FakeListener('on-every-node');
    },
  };
  beforeEach(() => (made.length = 0));

  const make = (...lines: string[]) => {
    const kinds = new ListenerKinds();
    kinds.add(fake.kind, fake);
    const text = ['[app:main]', ...lines.map((line) => `kinto.${line}`)].join('\n');
    return makeConfiguredListeners(SettingSource.fromText(text, { file: 'kinto.ini' }), kinds);
  };

  it('are none when none are named', () => {
    expect(make()).toEqual([]);
  });

  it('are of the kind they use, or of the kind they are called', () => {
    const listeners = make('event_listeners = a pusher a', 'event_listeners.a.use = kinto_pusher.listener');
    expect(listeners.map(({ name, kind }) => [name, kind])).toEqual([
      ['a', 'pusher'],
      ['pusher', 'pusher'],
    ]);
  });

  it('may be two of one kind, each with its own settings or else the shared ones', () => {
    make(
      'event_listeners = one two',
      'event_listeners.one.use = pusher',
      'event_listeners.one.room = attic',
      'event_listeners.two.use = pusher',
      'fake.room = kitchen',
    );
    expect(made).toEqual([
      ['one', 'attic'],
      ['two', 'kitchen'],
    ]);
  });

  it('want what they were configured for', () => {
    const [all, some] = make(
      'event_listeners = all some',
      'event_listeners.all.use = pusher',
      'event_listeners.some.use = pusher',
      'event_listeners.some.actions = read update',
      'event_listeners.some.resources = record group',
    );
    const bucket = committedChange({ resourceName: 'bucket', action: 'update' });
    const changes = [committedChange(), committedChange({ action: 'update' }), bucket];
    expect(changes.map((change) => all!.wanted(change) !== undefined)).toEqual([true, true, true]);
    expect(changes.map((change) => some!.wanted(change) !== undefined)).toEqual([false, true, false]);
  });

  it.each([
    [
      ['event_listeners.a.use = carrier-pigeon'],
      'line 3: kinto.event_listeners.a.use = carrier-pigeon: expected one of',
    ],
    [[], 'event_listeners: a: event_listeners.a.use is not set, and the name is no kind: expected one of pusher'],
    [
      ['event_listeners.a.use = pusher', 'event_listeners.a.actions = create destroy'],
      'line 4: kinto.event_listeners.a.actions = create destroy: expected one of create, update, delete',
    ],
    [
      ['event_listeners.a.use = pusher', 'event_listeners.a.volume = 12'],
      'line 4: kinto.event_listeners.a.volume = 12: must not be greater than 11',
    ],
    [['event_listeners.a.use = pusher', 'event_listeners.a.room = cellar'], 'event_listeners.a: nobody hears it there'],
  ])('are refused for %j in one line that names the key', (lines, message) => {
    expect(() => make('event_listeners = a', ...lines)).toThrow(SettingsError);
    expect(() => make('event_listeners = a', ...lines)).toThrow(message);
  });
});
