import { inTurns } from '../../src/wire/in-turns.js';
import { PrometheusSink } from '../../src/plugins/prometheus/prometheus-sink.js';
import { sumOf } from '../../src/plugins/prometheus/sums.js';

type Event = (sink: PrometheusSink) => void;

const makeSink = (...disabled: string[]) =>
  new PrometheusSink({ prefix: 'kumocast_', disabled: new Set(disabled), buckets: [0.25, 1] });

const requested = (bucket: string, seconds: number): Event => {
  const labels = [
    ['method', 'get'],
    ['bucket_id', bucket],
  ] as const;
  return (sink) => {
    sink.count('request_summary', [...labels, ['status', '200']]);
    sink.time('request_duration_seconds', seconds, labels);
    sink.observe('request_size', seconds * 8, labels);
  };
};

const ODD = 'a"b\\c\nd,e="f"';

/** What each of three processes sees; numbers that can be added without loss. */
const EVENTS: readonly (readonly Event[])[] = [
  [requested('a', 0.125), requested('a', 0.5), (sink) => sink.count('cache_hits', [])],
  [requested('b', 4), (sink) => sink.count('cache_hits', []), (sink) => sink.time('plugins.x.seconds', 0.5, [])],
  [requested('a', 2), requested(ODD, 0.25), (sink) => sink.observe('channels.connections', 3, [])],
];

/** @returns what each process tells of itself */
async function told(): Promise<string[]> {
  return Promise.all(
    EVENTS.map((events) => {
      const sink = makeSink();
      for (const event of events) event(sink);
      return sink.text();
    }),
  );
}

/** @returns what one process says that saw everything */
async function ofOne(): Promise<string> {
  const sink = makeSink();
  for (const event of EVENTS.flat()) event(sink);
  return sink.text();
}

const GAUGES = /\n# HELP kumocast_workers [^]*/;

describe('The metrics of several processes', () => {
  it('are, byte for byte, what one process would say that saw all of it, and how many have told theirs', async () => {
    const text = makeSink().textOfAll({ texts: await told(), expected: 4, answered: 3 });
    expect(text.replace(GAUGES, '')).toBe(await ofOne());
    expect(text).toMatch(/\n\n# HELP kumocast_workers \S.*\n# TYPE kumocast_workers gauge\nkumocast_workers 4\n\n/);
    expect(text).toMatch(/\n# TYPE kumocast_workers_answered gauge\nkumocast_workers_answered 3\n$/);
  });

  it('stay the same when some of them have been added up before', async () => {
    const [first = '', second = '', third = ''] = await told();
    const added = sumOf([sumOf(['', first]), sumOf([second, '', third])]);
    const text = makeSink().textOfAll({ texts: [added], expected: 1, answered: 1 });
    expect(text.replace(GAUGES, '')).toBe(await ofOne());
  });

  it('are only how many there are while nobody has told any', () => {
    const text = makeSink().textOfAll({ texts: [], expected: 2, answered: 0 });
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([
      'kumocast_workers 2',
      'kumocast_workers_answered 0',
    ]);
  });

  it('go without these two numbers where they are switched off', async () => {
    const sink = makeSink('workers', 'workers_answered');
    expect(sink.textOfAll({ texts: await told(), expected: 3, answered: 3 })).toBe(await ofOne());
  });
});

describe('Work in turns', () => {
  it('runs once for all who ask while it runs, and not with what was found out before', async () => {
    const ends: ((fails?: boolean) => void)[] = [];
    const ask = inTurns(() => {
      const run = ends.length + 1;
      return new Promise<number>((resolve, reject) => {
        ends.push((fails = false) => (fails ? reject(new Error(`run ${run}`)) : resolve(run)));
      });
    });
    const first = ask();
    await Promise.resolve();
    expect(ends).toHaveLength(1);
    const others = [ask(), ask(), ask()];
    ends[0]!(true);
    await expect(first).rejects.toThrow('run 1');
    await Promise.resolve();
    expect(ends).toHaveLength(2);
    const last = ask();
    ends[1]!();
    expect(await Promise.all(others)).toEqual([2, 2, 2]);
    await Promise.resolve();
    ends[2]!();
    expect(await last).toBe(3);
    expect(ends).toHaveLength(3);
  });
});
