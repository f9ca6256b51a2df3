import { AuthPolicyKinds, type AuthPolicyFactory } from './auth/auth-policy.js';
import type { Cache } from './cache/cache.js';
import { MeasuredCache } from './cache/measured-cache.js';
import { CommitHooks, type CommitHook } from './changes/commit-hook.js';
import type { RegisteredListener } from './changes/registered-listener.js';
import type { ChannelEvents } from './realtime/channel-events.js';
import type { RealtimeCounters } from './realtime/counters.js';
import { combine, type MetricSink, type MetricSinks } from './resources/metrics/metric-sink.js';
import { MetricsSettings } from './resources/metrics/metrics.settings.js';
import { requestMetrics } from './resources/metrics/request-metrics.js';
import type { RequestObservers } from './resources/request-observer.js';
import { readSettings, type SettingSource } from './settings/settings.js';
import { MeasuredStorage } from './storage/measured-storage.js';
import type { Storage } from './storage/storage.js';

/**
 * Puts the parts of the application under the eyes of the plugins that tell what is measured, under Kinto's names
 * (kinto-api.md, 12.5). Where there is no such plugin every part stays as it is, and nothing is measured.
 */
export class Measuring {
  private endSampling: (() => void) | undefined;

  private constructor(
    private readonly sinks: readonly MetricSink[],
    private readonly sink: MetricSink | undefined,
  ) {}

  /** @throws SettingsError */
  static of({ metrics, observers }: Points, source: SettingSource): Measuring {
    const sinks = metrics.all();
    const sink = combine(sinks);
    if (sink !== undefined) observers.add('metrics', requestMetrics(sink, readSettings(MetricsSettings, source)));
    return new Measuring(sinks, sink);
  }

  storage(storage: Storage): Storage {
    const { sink } = this;
    if (sink === undefined) return storage;
    return new MeasuredStorage(storage, (method, seconds) => {
      sink.time('backend.storage.seconds', seconds, [['method', method]]);
    });
  }

  cache(cache: Cache): Cache {
    const { sink } = this;
    if (sink === undefined) return cache;
    return new MeasuredCache(cache, (method, seconds, wasThere) => {
      sink.time('backend.cache.seconds', seconds, [['method', method]]);
      if (wasThere !== undefined) sink.count(wasThere ? 'cache_hits' : 'cache_misses', []);
    });
  }

  policies(kinds: AuthPolicyKinds): AuthPolicyKinds {
    const { sink } = this;
    if (sink === undefined) return kinds;
    const measured = new AuthPolicyKinds();
    for (const [kind, factory] of kinds.entries()) measured.add(kind, measuredPolicy(factory, sink));
    return measured;
  }

  hooks(hooks: CommitHooks): CommitHooks {
    return this.sink === undefined ? hooks : new MeasuredHooks(hooks, this.sink);
  }

  listeners(listeners: readonly RegisteredListener[]): void {
    const { sink } = this;
    if (sink === undefined) return;
    for (const listener of listeners) {
      listener.observe = (seconds) => sink.time(`listeners.${listener.name}.seconds`, seconds, []);
    }
  }

  /** The socket mouth: each round of writing is timed, and what it counts itself is looked at now and then. */
  channels(counters: RealtimeCounters, events: Pick<ChannelEvents, 'webhooks'>): void {
    const { sink } = this;
    if (sink === undefined) return;
    counters.onRound = (seconds) => sink.time('channels.fanout.seconds', seconds, []);
    const sample = channelSampling(sink, counters, events);
    const timer = setInterval(sample, SAMPLE_INTERVAL).unref();
    this.endSampling = () => {
      clearInterval(timer);
      sample();
    };
    sample();
  }

  async close(): Promise<void> {
    this.endSampling?.();
    for (const sink of this.sinks) await sink.close?.();
  }
}

/** How often the socket mouth is looked at, in ms. Counting each delivery would cost more than some deliveries do. */
const SAMPLE_INTERVAL = 1000;

/**
 * Of what only grows, how much came since the last look: its sum in Prometheus is the total. Of the others, how many there
 * are: sum by count is their mean. To StatsD each is a gauge.
 */
function channelSampling(sink: MetricSink, counters: RealtimeCounters, events: Pick<ChannelEvents, 'webhooks'>) {
  const totals = new Map<string, number>();
  return (): void => {
    const { connections, channels, ...growing } = counters.snapshot();
    const { delivered = 0, failedTries = 0, dropped = 0 } = events.webhooks ?? {};
    sink.observe('channels.connections', connections, []);
    sink.observe('channels.occupied', channels, []);
    for (const [name, total] of [
      ['messages_in', growing.messagesIn],
      ['bytes_in', growing.bytesIn],
      ['messages_out', growing.messagesOut],
      ['bytes_out', growing.bytesOut],
      ['slow_readers_dropped', growing.slowReadersDropped],
      ['webhooks_delivered', delivered],
      ['webhooks_failed', failedTries],
      ['webhooks_dropped', dropped],
    ] as const) {
      sink.observe(`channels.${name}`, total - (totals.get(name) ?? 0), []);
      totals.set(name, total);
    }
  };
}

interface Points {
  readonly metrics: MetricSinks;
  readonly observers: RequestObservers;
}

function measuredPolicy(factory: AuthPolicyFactory, sink: MetricSink): AuthPolicyFactory {
  return (name, parts) => {
    const policy = factory(name, parts);
    const { prefix, challenge } = policy;
    return {
      ...{ prefix, challenge },
      authenticate: (headers) => {
        const labels = [['method', 'authenticate']] as const;
        return timed(sink, `authentication.${name}.seconds`, labels, () => policy.authenticate(headers));
      },
    };
  };
}

/** Plugins may add theirs after this was made, so they are asked for each time. */
class MeasuredHooks extends CommitHooks {
  constructor(
    private readonly hooks: CommitHooks,
    private readonly sink: MetricSink,
  ) {
    super();
  }

  override all(): CommitHook[] {
    return this.hooks.entries().map(([name, hook]) => ({
      beforeCommit: (changes, unit) => {
        return timed(this.sink, `plugins.${name}.seconds`, [], () => hook.beforeCommit(changes, unit));
      },
    }));
  }
}

async function timed<T>(
  sink: MetricSink,
  name: string,
  labels: readonly (readonly [string, string])[],
  work: () => Promise<T>,
): Promise<T> {
  const started = performance.now();
  try {
    return await work();
  } finally {
    sink.time(name, (performance.now() - started) / 1000, labels);
  }
}
