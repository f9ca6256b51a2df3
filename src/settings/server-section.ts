import { placeIn, type IniFile } from './ini-reader.js';
import { settingProblem, type RawSetting } from './raw-setting.js';

/** `[server:main]`: where to listen, as a `kinto.ini` says it. What else it holds is for Python's servers. */
export interface ServerSection {
  readonly host?: string;
  /** 0 lets the system choose a free one. */
  readonly port?: number;
}

const HIGHEST_PORT = 65_535;

/**
 * @throws SettingsError when a value refers to a name nobody defines, such as `%(http_port)s`, or the port is none
 */
export function readServerSection(ini: IniFile): ServerSection {
  const section = ini.findSection('server:main');
  const host = section?.get('host')?.text ?? '';
  const port = section?.get('port');
  return Object.freeze({
    ...(host === '' ? {} : { host }),
    ...(port === undefined || port.text === ''
      ? {}
      : { port: portOf({ ...port, origin: placeIn(ini.file, port.line), written: port.key }) }),
  });
}

function portOf(raw: RawSetting): number {
  const port = /^\d{1,5}$/.test(raw.text) ? Number(raw.text) : NaN;
  if (port <= HIGHEST_PORT) return port;
  throw settingProblem(raw, `expected a port number from 0 to ${HIGHEST_PORT}`);
}
