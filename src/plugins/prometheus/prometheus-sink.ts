import { Counter, Histogram, Registry } from 'prom-client';
import type { Labels, MetricSink } from '../../resources/metrics/metric-sink.js';
import type { Gathered } from './serving-processes.js';
import { gauge, sumOf } from './sums.js';

export interface PrometheusOptions {
  /** As it is told: {@link metricPrefix}. */
  readonly prefix: string;
  /** Names without the prefix. */
  readonly disabled: ReadonlySet<string>;
  /** Upper bounds in s, rising, without the last one. */
  readonly buckets: readonly number[];
}

/**
 * Keeps what is measured until somebody comes to fetch it. A metric is made when it is first heard of, with the labels
 * that it then has; each has one kind and one set of labels throughout.
 */
export class PrometheusSink implements MetricSink {
  private readonly registry = new Registry();
  private readonly counters = new Map<string, Counter>();
  private readonly histograms = new Map<string, Histogram>();

  constructor(private readonly options: PrometheusOptions) {}

  count(name: string, labels: Labels): void {
    const known = metricName(name);
    if (this.options.disabled.has(known)) return;
    this.counterOf(`${known}_total`, labels, this.helpOf('Counter', known)).inc(Object.fromEntries(labels));
  }

  time(name: string, seconds: number, labels: Labels): void {
    const known = metricName(name);
    if (this.options.disabled.has(known)) return;
    let histogram = this.histograms.get(known);
    if (histogram === undefined) {
      const config = this.configOf(known, labels, this.helpOf('Histogram', known));
      this.histograms.set(known, (histogram = new Histogram({ ...config, buckets: [...this.options.buckets] })));
    }
    histogram.observe(Object.fromEntries(labels), seconds);
  }

  /**
   * The sum and the count of a summary without quantiles, as Kinto has them. A summary of prom-client would keep a
   * digest of the values besides, for each combination of labels.
   */
  observe(name: string, value: number, labels: Labels): void {
    const known = metricName(name);
    if (this.options.disabled.has(known)) return;
    const values = Object.fromEntries(labels);
    const help = this.helpOf('Summary', known);
    this.counterOf(`${known}_count`, labels, help).inc(values);
    this.counterOf(`${known}_sum`, labels, help).inc(values, value);
  }

  /** Everything, in Prometheus's text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  /** The sums over all processes in the same format, and then how many processes have told theirs. */
  textOfAll({ texts, expected, answered }: Gathered): string {
    return sumOf([
      ...texts,
      this.gaugeOf('workers', expected, 'How many processes are to serve'),
      this.gaugeOf(
        'workers_answered',
        answered,
        'How many told what they measured; of the others it is what they last told',
      ),
    ]);
  }

  private gaugeOf(name: string, value: number, help: string): string {
    return this.options.disabled.has(name) ? '' : gauge(this.options.prefix + name, value, help);
  }

  private counterOf(name: string, labels: Labels, help: string): Counter {
    let counter = this.counters.get(name);
    if (counter === undefined) this.counters.set(name, (counter = new Counter(this.configOf(name, labels, help))));
    return counter;
  }

  private configOf(name: string, labels: Labels, help: string) {
    const registers = [this.registry];
    return { name: this.options.prefix + name, help, labelNames: labels.map(([label]) => label), registers };
  }

  /** Kinto's own words: its tests look for them. */
  private helpOf(kind: 'Counter' | 'Histogram' | 'Summary', name: string): string {
    return `${kind} of ${this.options.prefix}${name}`;
  }
}

/** As Kinto makes names of what people call things. */
function metricName(name: string): string {
  return name.replaceAll(/[-. ]/g, '_');
}

/** One word: dashboards group metrics by what stands before the first underscore. */
export function metricPrefix(text: string): string {
  const word = metricName(text).replaceAll('_', '').toLowerCase();
  return word === '' ? '' : `${word}_`;
}
