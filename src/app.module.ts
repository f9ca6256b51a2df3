import { Logger, Module, type DynamicModule } from '@nestjs/common';
import { makeAppStreams } from './app.app-streams.js';
import { makePusherAuth } from './app.channel-access.js';
import { addOwnCommitHooks } from './app.extensions.js';
import { addFeatures, addPlugins, addPolicies, addResources } from './app.kinds.js';
import { AppLifecycle, APP_PARTS, type AppParts } from './app.lifecycle.js';
import { makeLive, makeTickets } from './app.live.js';
import { Measuring } from './app.metrics.js';
import { NeighboursLifecycle } from './app.neighbours.js';
import { Nodes } from './app.nodes.js';
import { makeNotifications } from './app.notifications.js';
import { addRequestLog } from './app.request-log.js';
import { DATABASE_SCHEMA } from './app.schema.js';
import { makeSocketIo } from './app.socketio.js';
import { makeUserStreams } from './app.user-streams.js';
import { AuthPolicyKinds, type PolicyParts } from './auth/auth-policy.js';
import { AuthSettings } from './auth/auth.settings.js';
import { TicketSettings } from './auth/tickets.settings.js';
import { Authenticator } from './auth/authenticator.js';
import { BusSettings } from './bus/bus.settings.js';
import { CACHE, isCacheHealthy } from './cache/cache.js';
import { CacheSettings } from './cache/cache.settings.js';
import { openCache } from './cache/open-cache.js';
import { ChangeFeed } from './changes/change-feed.js';
import { ChangeLog } from './changes/change-log.js';
import { LeaseSettings } from './changes/lease.settings.js';
import { PATIENCE } from './changes/patience.js';
import { CommitHooks } from './changes/commit-hook.js';
import { Access } from './permissions/access.js';
import { addKintoRules } from './permissions/kinto-rules.js';
import { PermissionRules } from './permissions/permission-rules.js';
import { PermissionSettings } from './permissions/permissions.settings.js';
import { ChangeFeedSettings } from './plugins/changes/changes.settings.js';
import type { ServingProcesses } from './plugins/prometheus/serving-processes.js';
import { RealtimeModule } from './realtime/realtime.module.js';
import { RealtimeSettings } from './realtime/realtime.settings.js';
import { Capabilities, HealthChecks, UserDetailsRegistry } from './resources/capabilities.js';
import { EndOfServiceSettings } from './resources/end-of-service.js';
import { readRecordExpiries } from './resources/endpoints/client-cache.js';
import { ApiSettings, ProjectSettings } from './resources/http.settings.js';
import { LiveSettings } from './resources/live/live.settings.js';
import { MethodSwitches } from './resources/method-switches.js';
import { EndpointFactories, Plugins, PluginsSettings, type ExtensionPoints } from './resources/plugin.js';
import { MetricSinks } from './resources/metrics/metric-sink.js';
import { Remarks } from './resources/openapi/remarks.js';
import { ReadObservers } from './resources/read-observer.js';
import { RequestAliases } from './resources/request-alias.js';
import { RequestObservers } from './resources/request-observer.js';
import { ResourceDefinitions } from './resources/resource-definition.js';
import { ResourcesModule } from './resources/resources.module.js';
import { readSettings, type SettingSource } from './settings/settings.js';
import { openStorage, type ClosableStorage } from './storage/open-storage.js';
import { StorageSettings } from './storage/storage.settings.js';
import { STORAGE } from './storage/storage.js';
import { PACKAGE } from './version.js';

/** The map: every room, in level order. */
@Module({})
export class AppModule {
  /**
   * @param processes where several serve together
   * @throws SettingsError, or Error when the database cannot be opened
   */
  static async with(source: SettingSource, processes?: ServingProcesses): Promise<DynamicModule> {
    const settings = {
      storage: readSettings(StorageSettings, source),
      cache: readSettings(CacheSettings, source),
      leases: readSettings(LeaseSettings, source),
      bus: readSettings(BusSettings, source),
      permissions: readSettings(PermissionSettings, source),
      auth: readSettings(AuthSettings, source),
      api: readSettings(ApiSettings, source),
      project: readSettings(ProjectSettings, source),
      endOfService: readSettings(EndOfServiceSettings, source),
      realtime: readSettings(RealtimeSettings, source),
      live: readSettings(LiveSettings, source),
      tickets: readSettings(TicketSettings, source),
      changeFeed: readSettings(ChangeFeedSettings, source),
    };
    const points = makeExtensionPoints();
    addPolicies(points, settings.auth);
    addIncluded(points, source, processes);
    await addOwnCommitHooks(points.hooks, source);
    addRequestLog(points.observers, source);
    const measuring = Measuring.of(points, source);
    const openedCache = await openCache(settings.cache, new Logger('cache'));
    const cache = measuring.cache(openedCache);
    const storage = await openStorage(settings.storage, DATABASE_SCHEMA);
    const policies = measuring.policies(points.policies);
    const authenticator = await makeAuthenticator(settings.auth, policies, { source, storage, cache });
    // What it asks for is nobody's hit.
    points.healthChecks.add('cache', () => isCacheHealthy(openedCache));
    points.healthChecks.add('storage', () => storage.isHealthy());
    points.healthChecks.add('permission', () => storage.isHealthy());
    const nodes = await Nodes.open(storage, settings);
    const feed = new ChangeFeed(storage, new Logger('listeners'), PATIENCE, nodes.leases);
    const access = new Access(points.rules, settings.permissions);
    const tickets = makeTickets(openedCache, settings.tickets, settings.auth.useridHmacSecret);
    const live = makeLive(points, {
      ...{ access, storage, authenticator, tickets },
      ...{ settings: settings.live, feedSettings: settings.changeFeed },
    });
    const { streams, urlCredentials } = live;
    const pusherAuth = makePusherAuth(source, points, { access, storage, authenticator, tickets });
    const sockets = makeSocketIo(points, live, { ...settings, cache: openedCache, access, storage, authenticator });
    const appStreams = makeAppStreams(source, points, { ...settings, access, storage, authenticator, tickets });
    const userStreams = makeUserStreams(source, points, live, { ...settings, storage, authenticator });
    const changeLog = new ChangeLog(measuring.hooks(points.hooks));
    const notifying = { storage, leases: nodes.leases, access, authenticator, changeLog };
    const notifications = makeNotifications(source, points, notifying);
    const { definitions, aliases, endpoints, capabilities, userDetails, healthChecks, rules } = points;
    return {
      module: AppModule,
      global: true,
      imports: [
        ResourcesModule.with({
          definitions,
          aliases,
          endpoints,
          observers: points.observers,
          readObservers: points.readObservers,
          capabilities,
          userDetails,
          healthChecks,
          remarks: points.remarks,
          rules,
          api: settings.api,
          recordExpiries: readRecordExpiries(source),
          project: settings.project,
          access,
          streams,
          urlCredentials,
          authenticator,
          changeLog,
          endOfService: settings.endOfService,
          switches: new MethodSwitches(source, settings.api.readonly),
          settingsFile: source.file,
          program: PACKAGE,
        }),
        RealtimeModule.with(settings.realtime),
      ],
      providers: [
        { provide: STORAGE, useValue: measuring.storage(storage) },
        { provide: CACHE, useValue: cache },
        {
          provide: APP_PARTS,
          useValue: {
            source,
            storage,
            feed,
            cache,
            closeCache: () => openedCache.close(),
            nodes,
            streams,
            sockets,
            appStreams,
            userStreams,
            points,
            measuring,
            pusherAuth,
            notifications,
          } satisfies AppParts,
        },
        AppLifecycle,
        NeighboursLifecycle,
      ],
      exports: [STORAGE, CACHE],
    };
  }
}

/** Policies may keep their users in the database, so it is open already; what is wrong with them closes it again. */
async function makeAuthenticator(
  settings: AuthSettings,
  policies: AuthPolicyKinds,
  parts: Omit<PolicyParts, 'settingsPrefix'> & { storage: ClosableStorage },
): Promise<Authenticator> {
  try {
    return Authenticator.fromSettings(settings, policies, parts);
  } catch (error) {
    await parts.storage.close();
    throw error;
  }
}

export function makeExtensionPoints(): ExtensionPoints {
  const definitions = new ResourceDefinitions();
  addResources(definitions);
  const rules = new PermissionRules();
  addKintoRules(rules);
  return {
    definitions,
    rules,
    aliases: new RequestAliases(),
    endpoints: new EndpointFactories(),
    observers: new RequestObservers(),
    readObservers: new ReadObservers(),
    metrics: new MetricSinks(),
    policies: new AuthPolicyKinds(),
    hooks: new CommitHooks(),
    capabilities: new Capabilities(),
    userDetails: new UserDetailsRegistry(),
    healthChecks: new HealthChecks(),
    remarks: new Remarks(),
  };
}

export function addIncluded(points: ExtensionPoints, source: SettingSource, processes?: ServingProcesses): void {
  const plugins = new Plugins();
  addPlugins(plugins, processes);
  const { includes } = readSettings(PluginsSettings, source);
  for (const plugin of plugins.included(includes, source)) plugin.extend(points, source);
  addFeatures(points, source);
}
