import { nodeWarning } from '../../src/cli/node-version.js';
import { SettingSource } from '../../src/settings/settings.js';

describe('A Node on which better-sqlite3 may end the process', () => {
  const source = (backend: string) => {
    const url = backend === 'postgresql' ? 'postgresql://localhost/k' : 'k.sqlite';
    const ini = `[app:main]\nkinto.storage_backend = ${backend}\nkinto.storage_url = ${url}`;
    return SettingSource.fromText(ini, { file: 'kinto.ini' });
  };

  it.each([
    ['24.19.0', 'sqlite'],
    ['25.0.1', 'sqlite'],
    ['24.19.0', 'memory'],
  ])('is warned of: %s with %s', (version, backend) => {
    expect(nodeWarning(source(backend), version)).toContain(`Node.js ${version}: better-sqlite3`);
  });

  it.each([
    ['20.19.0', 'sqlite'],
    ['22.20.0', 'sqlite'],
    ['24.19.0', 'postgresql'],
  ])('is not %s with %s', (version, backend) => {
    expect(nodeWarning(source(backend), version)).toBeUndefined();
  });
});
