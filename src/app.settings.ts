import { Max, Min } from 'class-validator';
import { LocalAppSettings } from './app.channels.js';
import { AuthSettings } from './auth/auth.settings.js';
import { AuthPolicySettings } from './auth/auth.settings.js';
import { TicketSettings } from './auth/tickets.settings.js';
import { BusSettings } from './bus/bus.settings.js';
import { CacheSettings } from './cache/cache.settings.js';
import { CommonListenerSettings, DurableListenerSettings, ListenersSettings } from './changes/change-listener.js';
import { CommitHooksSettings, OwnHookSettings } from './changes/commit-hook.js';
import { ChangesSettings } from './changes/changes.settings.js';
import { LeaseSettings } from './changes/lease.settings.js';
import { AppStreamsSettings } from './listeners/app-streams/app-streams.settings.js';
import { PusherSettings } from './listeners/pusher/pusher.settings.js';
import { RedisSettings } from './listeners/redis/redis.settings.js';
import { SocketIoSettings } from './listeners/socketio/socketio.settings.js';
import { UserStreamsSettings } from './listeners/user-streams/user-streams.settings.js';
import { WebhookListenerSettings } from './listeners/webhook/webhook.settings.js';
import { WebPushSettings } from './listeners/webpush/webpush.settings.js';
import { WebSocketSettings } from './listeners/websocket/websocket.settings.js';
import { PermissionSettings } from './permissions/permissions.settings.js';
import { AccountsSettings } from './plugins/accounts/accounts.settings.js';
import { AttachmentSettings, S3Settings, UploadSettings } from './plugins/attachments/attachments.settings.js';
import { ChangeFeedSettings } from './plugins/changes/changes.settings.js';
import { AdminSettings } from './plugins/admin/admin.settings.js';
import { EncryptionSettings } from './plugins/pusher-auth/encryption.js';
import { PusherAuthSettings } from './plugins/pusher-auth/pusher-auth.settings.js';
import { PrometheusSettings } from './plugins/prometheus/prometheus.settings.js';
import { StatsdSettings } from './plugins/statsd/statsd.settings.js';
import { DefaultBucketSettings } from './plugins/default-bucket/default-bucket.js';
import { KintoChangesSettings, MaximumExpirySettings } from './plugins/kinto-changes/kinto-changes.settings.js';
import { OpenIdSettings } from './plugins/openid/openid.settings.js';
import { NotificationsSettings } from './plugins/notifications/notifications.settings.js';
import { HistorySettings } from './plugins/history/history.settings.js';
import { EVERY_BUCKET, EVERY_COLLECTION, QuotaSettings } from './plugins/quotas/quotas.settings.js';
import { ChannelAppSettings, ChannelAppsSettings, NamedAppSettings } from './realtime/channel-app.settings.js';
import { RealtimeSettings } from './realtime/realtime.settings.js';
import { WebhookSettings } from './realtime/webhooks/webhooks.settings.js';
import { EndOfServiceSettings } from './resources/end-of-service.js';
import { ApiSettings, ProjectSettings } from './resources/http.settings.js';
import { LiveSettings } from './resources/live/live.settings.js';
import { MethodSwitchSettings } from './resources/method-switches.js';
import { MetricsSettings } from './resources/metrics/metrics.settings.js';
import { PermissionsListSettings } from './resources/permissions-list/permissions-list.js';
import { PluginsSettings } from './resources/plugin.js';
import { RequestLogSettings } from './resources/request-summary.js';
import { Setting, type ExampleGroup } from './settings/settings.js';
import { StorageSettings } from './storage/storage.settings.js';

/** Only this machine, until somebody says otherwise. */
export const DEFAULT_HOST = '127.0.0.1';

export const DEFAULT_PORT = 8888;

/** Where the server listens, and what it says meanwhile. */
export class ServerSettings {
  @Setting({
    key: 'host',
    type: 'string',
    default: undefined,
    sentence: 'The address to listen on; empty: that of [server:main], else 127.0.0.1. 0.0.0.0 lets other machines in.',
  })
  host!: string | undefined;

  @Setting({
    key: 'port',
    type: 'integer',
    default: undefined,
    sentence: 'The port to listen on; empty: that of [server:main], else 8888. 0: any free one.',
  })
  @Min(0)
  @Max(65_535)
  port!: number | undefined;

  @Setting({
    key: 'workers',
    type: 'integer',
    default: 1,
    sentence: 'How many processes serve the port; more than one needs PostgreSQL. 0: as many as there are processors.',
  })
  @Min(0)
  @Max(1024)
  workers!: number;

  @Setting({
    key: 'log_level',
    type: 'string',
    default: 'log',
    oneOf: ['fatal', 'error', 'warn', 'log', 'debug'],
    sentence: 'What is logged: this and everything more serious.',
  })
  logLevel!: string;

  @Setting({
    key: 'log_format',
    type: 'string',
    default: 'text',
    oneOf: ['text', 'json'],
    sentence: 'How it is logged: text for people, json for machines, one object a line.',
  })
  logFormat!: string;
}

/** Every setting there is, in the order of the example file. */
export const ALL_SETTINGS: readonly ExampleGroup[] = [
  { title: 'The server', type: ServerSettings },
  { title: 'The log of requests', type: RequestLogSettings },
  { title: 'The project', type: ProjectSettings },
  { title: 'Storage', type: StorageSettings },
  { title: 'Cache', type: CacheSettings },
  { title: 'Who is calling', type: AuthSettings },
  { title: 'One authentication policy, by its name', type: AuthPolicySettings, prefix: 'multiauth.policy.basicauth.' },
  {
    title: 'A policy of the kind openid, here one called google',
    type: OpenIdSettings,
    prefix: 'multiauth.policy.google.',
  },
  { title: 'Who may do what everywhere', type: PermissionSettings },
  { title: 'The API', type: ApiSettings },
  {
    title: 'One method of one resource, on its list (plural) or its objects (object)',
    type: MethodSwitchSettings,
    prefix: 'plural_bucket_post_',
  },
  { title: 'The end of the service', type: EndOfServiceSettings },
  { title: 'The list of permissions', type: PermissionsListSettings },
  { title: 'Plugins', type: PluginsSettings },
  { title: 'What is measured', type: MetricsSettings },
  { title: 'Metrics for Prometheus', type: PrometheusSettings },
  { title: 'Metrics for StatsD', type: StatsdSettings },
  { title: 'Kinto Admin', type: AdminSettings },
  { title: 'The default bucket', type: DefaultBucketSettings },
  { title: 'Accounts', type: AccountsSettings },
  { title: 'The history', type: HistorySettings },
  { title: 'What a bucket may hold; bucket_<id>_: that one', type: QuotaSettings, prefix: EVERY_BUCKET },
  {
    title: 'What a collection may hold; collection_<bucket>_, collection_<bucket>_<id>_: those',
    type: QuotaSettings,
    prefix: EVERY_COLLECTION,
  },
  { title: 'Attachments', type: AttachmentSettings, prefix: 'attachment.' },
  {
    title: 'Attachments, also under attachment.resources.<bucket>[.<collection>].',
    type: UploadSettings,
    prefix: 'attachment.',
  },
  { title: 'Attachments in an S3 bucket', type: S3Settings, prefix: 'attachment.aws.' },
  { title: 'The change log', type: ChangesSettings },
  { title: 'Several servers on one database', type: LeaseSettings },
  { title: 'How they reach each other', type: BusSettings },
  { title: 'Live lists', type: LiveSettings },
  { title: 'Tickets', type: TicketSettings },
  { title: 'The change feed', type: ChangeFeedSettings },
  { title: 'The list of changes of kinto-changes', type: KintoChangesSettings },
  {
    title: 'How long its answers may be kept; <bucket>.<collection>. is that of the answer',
    type: MaximumExpirySettings,
    prefix: 'monitor.changes.',
  },
  { title: "Users' own webhooks and push subscriptions", type: NotificationsSettings },
  { title: 'Commit hooks of your own', type: CommitHooksSettings },
  { title: 'One of them, here called guard', type: OwnHookSettings, prefix: 'commit_hooks.guard.' },
  { title: 'Listeners', type: ListenersSettings },
  { title: 'Any listener, here one called live', type: CommonListenerSettings, prefix: 'event_listeners.live.' },
  {
    title: 'Any listener that is told again what failed, so not those that are live',
    type: DurableListenerSettings,
    prefix: 'event_listeners.remote.',
  },
  { title: 'A listener of the kind websocket', type: WebSocketSettings, prefix: 'event_listeners.live.' },
  {
    title: 'A listener of the kind pusher; keys of event_listeners.<name>. come first',
    type: PusherSettings,
    prefix: 'pusher.',
  },
  { title: 'A listener of the kind redis', type: RedisSettings, prefix: 'event_listeners.queue.' },
  {
    title: 'A listener of the kind webpush; keys of event_listeners.<name>. come first',
    type: WebPushSettings,
    prefix: 'webpush.',
  },
  {
    title: 'A listener of the kind socketio; keys of event_listeners.<name>. come first',
    type: SocketIoSettings,
    prefix: 'socketio.',
  },
  {
    title: 'A listener of the kind app-streams; keys of event_listeners.<name>. come first',
    type: AppStreamsSettings,
    prefix: 'streams.',
  },
  {
    title: 'A listener of the kind user-streams; keys of event_listeners.<name>. come first',
    type: UserStreamsSettings,
    prefix: 'user_streams.',
  },
  { title: 'A listener of the kind webhook', type: WebhookListenerSettings, prefix: 'event_listeners.hook.' },
  { title: 'This server as a Pusher app', type: LocalAppSettings, prefix: 'channels.' },
  { title: 'What belongs to that app', type: ChannelAppSettings, prefix: 'channels.' },
  { title: 'Further Pusher apps', type: ChannelAppsSettings },
  { title: 'One of them, here one called shop', type: NamedAppSettings, prefix: 'channels.apps.shop.' },
  { title: 'Webhooks of channels', type: WebhookSettings },
  { title: 'Who may hear what on channels', type: PusherAuthSettings },
  { title: 'Changes on encrypted channels', type: EncryptionSettings },
  { title: 'Sockets', type: RealtimeSettings },
];
