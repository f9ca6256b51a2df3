import type { AnsweredRequest, RequestObserver } from '../request-observer.js';
import { BoundedLabels } from './bounded-labels.js';
import type { Labels, MetricSink } from './metric-sink.js';
import type { MetricsSettings } from './metrics.settings.js';

/** What Kinto measures of each request, under Kinto's names (kinto-api.md, 12.5); a batch counts as one. */
export function requestMetrics(sink: MetricSink, settings: MetricsSettings): RequestObserver {
  const { matchdictFields: fields, maxLabelValues } = settings;
  const ids = new BoundedLabels(maxLabelValues);
  const users = new BoundedLabels(maxLabelValues);
  return (answered) => {
    const { request, response, identity, duration } = answered;
    const user = /^([^:]*):(.*)$/s.exec(identity?.userId ?? '');
    if (user !== null) {
      const [auth = '', name = ''] = users.bound([user[1]!, user[2]!.replaceAll(':', '.')]);
      sink.count('users', [
        ['auth', auth],
        ['userid', name],
      ]);
      sink.count('authentication', [['type', user[1]!]]);
    }
    const shown = ids.bound(idsOf(answered, fields));
    const labels: Labels = [
      ['method', request.method.toLowerCase()],
      ['endpoint', endpointOf(answered)],
      ...fields.map((field, index) => [field, shown[index]!] as const),
    ];
    sink.count('request_summary', [...labels, ['status', String(response.status)]]);
    sink.time('request_duration_seconds', duration / 1000, labels);
    sink.observe('request_size', response.body.length, labels);
  };
}

/** The ids that the URL names; of a request that was refused they may be anything, and are not told. */
function idsOf({ response, endpoint, params }: AnsweredRequest, fields: readonly string[]): string[] {
  if (response.status >= 400) return fields.map(() => '');
  const own = endpoint?.definition === undefined ? undefined : `${endpoint.definition.name}_id`;
  return fields.map((field) => params[field] ?? (field === own ? params.id : undefined) ?? '');
}

function endpointOf({ endpoint, response }: AnsweredRequest): string {
  return endpoint?.name ?? (response.status === 404 ? 'unknown' : 'unnamed');
}
