import { Matches } from 'class-validator';
import { Setting } from '../../settings/settings.js';

export class PrometheusSettings {
  @Setting({
    key: 'prometheus_prefix',
    type: 'string',
    default: undefined,
    sentence: 'What the names of the metrics begin with; empty: the project_name.',
  })
  prefix!: string | undefined;

  @Setting({
    key: 'prometheus_disabled_metrics',
    type: 'list',
    default: [],
    sentence: 'Which metrics are not kept, with or without the prefix, e.g. request_size.',
  })
  disabledMetrics!: readonly string[];

  @Setting({
    key: 'prometheus_histogram_buckets',
    type: 'list',
    default: ['0.01', '0.05', '0.1', '0.5', '1.0', '3.0', '6.0', 'Inf'],
    sentence: 'The upper bounds of the buckets that times are counted in, in seconds, rising.',
  })
  @Matches(/^(\d+\.?\d*|\.\d+|\+?inf)$/i, { each: true, message: 'expected numbers of seconds, and Inf' })
  histogramBuckets!: readonly string[];

  @Setting({
    key: 'prometheus_created_metrics_enabled',
    type: 'boolean',
    default: true,
    sentence: 'Accepted for kinto.ini files; there are no series that tell when another one was created.',
  })
  createdMetricsEnabled!: boolean;
}
