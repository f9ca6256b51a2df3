import { Registry } from '../../wire/registry.js';

export type Labels = readonly (readonly [name: string, value: string])[];

/**
 * Where measurements go, under Kinto's names for them, with dots (kinto-api.md, 12.5). What is measured is in
 * `request-metrics.ts` and `app.metrics.ts`. Must neither throw nor wait: requests stand behind it.
 */
export interface MetricSink {
  /** Something happened. */
  count(name: string, labels: Labels): void;
  /** Something took a while. */
  time(name: string, seconds: number, labels: Labels): void;
  /** Something was of a size. */
  observe(name: string, value: number, labels: Labels): void;
  /** Sends what it still has. */
  close?(): Promise<void>;
}

/** As long as it is empty, nothing is measured. */
export class MetricSinks extends Registry<MetricSink> {
  constructor() {
    super('metric sink');
  }
}

/** All of them as one; `undefined` where there are none. */
export function combine(sinks: readonly MetricSink[]): MetricSink | undefined {
  if (sinks.length <= 1) return sinks[0];
  return {
    count: (...measured) => sinks.forEach((sink) => sink.count(...measured)),
    time: (...measured) => sinks.forEach((sink) => sink.time(...measured)),
    observe: (...measured) => sinks.forEach((sink) => sink.observe(...measured)),
  };
}
