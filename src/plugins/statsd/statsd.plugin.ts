import { Logger } from '@nestjs/common';
import { ProjectSettings } from '../../resources/http.settings.js';
import type { Plugin } from '../../resources/plugin.js';
import { readSettings, SettingsError, settingProblem, type SettingSource } from '../../settings/settings.js';
import { StatsdSink, type StatsdTarget } from './statsd-sink.js';
import { StatsdSettings } from './statsd.settings.js';

const URL_KEY = 'statsd_url';

export const statsdPlugin: Plugin = {
  settings: [StatsdSettings],
  extend({ metrics }, source) {
    const log = new Logger('statsd');
    metrics.add('statsd', new StatsdSink(targetOf(source), (line) => log.warn(line)));
  },
};

/** @throws SettingsError */
function targetOf(source: SettingSource): StatsdTarget {
  const { url, prefix } = readSettings(StatsdSettings, source);
  const raw = source.find(URL_KEY);
  const expected = 'expected udp://, a host, a colon and a port';
  if (raw === undefined || url === '') throw new SettingsError(URL_KEY, `the plugin statsd needs it: ${expected}`);
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== 'udp:' || parsed.hostname === '' || parsed.port === '') throw settingProblem(raw, expected);
  const { projectName } = readSettings(ProjectSettings, source);
  // In brackets an address of IPv6 is part of a URL; without them it is one.
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(parsed.port), prefix: projectName === '' ? prefix : projectName };
}
