import { StatsD } from 'hot-shots';
import type { Labels, MetricSink } from '../../resources/metrics/metric-sink.js';

/** What is sent leaves together, as far as it fits into one packet of an Ethernet, in bytes. */
const PACKET_SIZE = 1400;

/** What does not fill a packet leaves after this long, in ms. */
const FLUSH_INTERVAL = 500;

/** How often at most it is said that nothing can be sent, in ms. */
const LOG_INTERVAL = 60_000;

export interface StatsdTarget {
  readonly host: string;
  readonly port: number;
  /** Without the dot. */
  readonly prefix: string;
}

/** Sends what is measured to StatsD, over UDP: what is lost is lost (kinto-api.md, 12.6). */
export class StatsdSink implements MetricSink {
  private readonly client: StatsD;
  private loggedAt = -LOG_INTERVAL;

  /** @param log is told, now and then, why nothing can be sent */
  constructor(
    { host, port, prefix }: StatsdTarget,
    private readonly log: (line: string) => void,
  ) {
    this.client = new StatsD({
      ...{ host, port, protocol: 'udp', prefix: `${plain(prefix)}.`, cacheDns: true },
      ...{ maxBufferSize: PACKET_SIZE, bufferFlushInterval: FLUSH_INTERVAL },
      // It would read tags of its own from the environment.
      includeDataDogTags: false,
      errorHandler: (error) => this.logSeldom(error),
    });
  }

  /** Kinto sends a set where a count has labels: how many different ones there were. */
  count(name: string, labels: Labels): void {
    if (labels.length === 0) this.client.increment(name);
    else this.client.set(name, pathOf(labels));
  }

  time(name: string, seconds: number, labels: Labels): void {
    this.client.timing(labels.length === 0 ? name : `${name}.${pathOf(labels)}`, seconds * 1000);
  }

  observe(name: string, value: number): void {
    this.client.gauge(name, value);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.client.close(() => resolve()));
  }

  private logSeldom(error: Error): void {
    const now = Date.now();
    if (now - this.loggedAt < LOG_INTERVAL) return;
    this.loggedAt = now;
    this.log(`Nothing can be sent to StatsD: ${error.message}`);
  }
}

/** `method.get.endpoint.hello` */
function pathOf(labels: Labels): string {
  return labels.map(([name, value]) => `${name}.${plain(value)}`).join('.');
}

/** Without what would end a name or begin another line. */
function plain(text: string): string {
  return text.replaceAll(/[:|@#\s]/g, '');
}
