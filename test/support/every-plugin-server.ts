import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addPlugins } from '../../src/app.kinds.js';
import { Plugins } from '../../src/resources/plugin.js';
import { by } from './accounts-server.js';
import { FakeIdentityProvider } from './fake-identity-provider.js';
import { OpenApiChecker } from './openapi-checker.js';
import { startTestServer, type TestServer } from './server.js';

/** A server with whatever plugins there are, the bucket `b` and the collection `c` of the account `alice`. */
export class EveryPluginServer {
  private constructor(
    readonly server: TestServer,
    readonly api: OpenApiChecker,
    /** The identity provider `one`. */
    readonly provider: FakeIdentityProvider,
    readonly close: () => Promise<void>,
  ) {}

  static async start(): Promise<EveryPluginServer> {
    const directory = mkdtempSync(join(tmpdir(), 'openapi-'));
    mkdirSync(join(directory, 'admin', 'assets'), { recursive: true });
    writeFileSync(join(directory, 'admin', 'index.html'), '<p>admin</p>');
    writeFileSync(join(directory, 'admin', 'VERSION'), '1');
    writeFileSync(join(directory, 'admin', 'assets', 'a.js'), '1');
    const provider = await FakeIdentityProvider.open();
    const server = await startTestServer({ ini: iniOf(directory, provider) });
    const api = await OpenApiChecker.of(server);
    await api.request('PUT', '/v1/accounts/alice', { auth: null, body: { data: { password: 'pw' } } });
    await api.request('PUT', '/v1/buckets/b', by('alice'));
    await api.request('PUT', '/v1/buckets/b/collections/c', by('alice'));
    return new EveryPluginServer(server, api, provider, async () => {
      await server.close();
      await provider.close();
      rmSync(directory, { recursive: true });
    });
  }
}

function iniOf(directory: string, provider: FakeIdentityProvider): string {
  const plugins = new Plugins();
  addPlugins(plugins);
  return `
multiauth.policies = account one
multiauth.policy.account.use = accounts
multiauth.policy.one.use = openid
multiauth.policy.one.issuer = ${provider.issuer}
multiauth.policy.one.client_id = kumocast
multiauth.policy.one.client_secret = secret
kinto.includes = ${plugins.names().join(' ')}
kinto.account_create_principals = system.Everyone
kinto.account_write_principals = account:admin
kinto.user-data_delete_principals = account:alice
kinto.admin_assets_path = ${join(directory, 'admin')}
kinto.attachment.base_path = ${join(directory, 'files')}
kinto.quotas.bucket_small_max_items = 1
kinto.statsd_url = udp://127.0.0.1:9`;
}
