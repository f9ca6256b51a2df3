import { Setting } from '../../settings/settings.js';

export class StatsdSettings {
  @Setting({
    key: 'statsd_url',
    type: 'string',
    default: '',
    sentence: 'Where the plugin statsd sends what is measured: udp:// and a host and a port.',
  })
  url!: string;

  @Setting({
    key: 'statsd_prefix',
    type: 'string',
    default: 'kinto.core',
    sentence: 'What the names of the metrics begin with if the project_name is empty, else that counts, as in Kinto.',
  })
  prefix!: string;

  @Setting({
    key: 'statsd_backend',
    type: 'string',
    default: 'kinto.core.statsd',
    sentence: 'Accepted for kinto.ini files; there is one way of speaking to StatsD.',
  })
  backend!: string;
}
