import { ProjectSettings } from '../../resources/http.settings.js';
import type { Plugin } from '../../resources/plugin.js';
import { readSettings, SettingsError, settingProblem, type SettingSource } from '../../settings/settings.js';
import { inTurns } from '../../wire/in-turns.js';
import { MetricsEndpoint } from './metrics.endpoint.js';
import { metricPrefix, PrometheusSink } from './prometheus-sink.js';
import { PrometheusSettings } from './prometheus.settings.js';
import type { ServingProcesses } from './serving-processes.js';

/** @param processes for all of which it answers; without, there is this one alone */
export function prometheusPlugin(processes?: ServingProcesses): Plugin {
  return {
    settings: [PrometheusSettings],
    extend({ endpoints, metrics, capabilities }, source) {
      const settings = readSettings(PrometheusSettings, source);
      const prefix = prefixOf(settings, source);
      const { disabledMetrics } = settings;
      const disabled = new Set(disabledMetrics.map((name) => name.replace(prefix, '').replace(/_total$/, '')));
      const sink = new PrometheusSink({ prefix, disabled, buckets: bucketsOf(settings, source) });
      metrics.add('prometheus', sink);
      const text = processes === undefined ? () => sink.text() : textOfAll(sink, processes);
      endpoints.add('prometheus', () => [new MetricsEndpoint(text)]);
      capabilities.add('prometheus', {
        description: 'Prometheus metrics.',
        url: 'https://github.com/Kinto/kinto/',
        prefix,
        disabled_metrics: [...disabledMetrics],
      });
    },
  };
}

function textOfAll(sink: PrometheusSink, processes: ServingProcesses): () => Promise<string> {
  processes.open(() => sink.text());
  return inTurns(async () => sink.textOfAll(await processes.gather()));
}

/** @throws SettingsError */
function prefixOf({ prefix }: PrometheusSettings, source: SettingSource): string {
  const text = prefix ?? readSettings(ProjectSettings, source).projectName;
  const made = metricPrefix(text);
  if (/^([a-z:][a-z0-9:]*_)?$/.test(made)) return made;
  throw problem(source, 'prometheus_prefix', `no metric may begin with ${made}`);
}

/** @throws SettingsError */
function bucketsOf({ histogramBuckets }: PrometheusSettings, source: SettingSource): number[] {
  const bounds = histogramBuckets.map((text) => (/inf/i.test(text) ? Infinity : Number(text)));
  const isRising = bounds.every((bound, index) => index === 0 || bound > bounds[index - 1]!);
  if (!isRising) throw problem(source, 'prometheus_histogram_buckets', 'expected rising numbers');
  return bounds.filter((bound) => Number.isFinite(bound));
}

function problem(source: SettingSource, key: string, sentence: string): SettingsError {
  const raw = source.find(key);
  return raw === undefined ? new SettingsError(key, sentence) : settingProblem(raw, sentence);
}
