import { Logger } from '@nestjs/common';
import { ownBucketsOf } from './app.channel-access.js';
import type { Authenticator } from './auth/authenticator.js';
import { ChangeLog } from './changes/change-log.js';
import type { Leases } from './changes/lease.js';
import type { Access } from './permissions/access.js';
import { forgetPlaces } from './plugins/notifications/delivery/places.js';
import {
  addNotifications,
  isNotificationsWanted,
  readPushSettings,
} from './plugins/notifications/notifications.plugin.js';
import { NotificationsSettings } from './plugins/notifications/notifications.settings.js';
import { Notifications } from './plugins/notifications/notifications.js';
import { ApiSettings } from './resources/http.settings.js';
import type { ExtensionPoints } from './resources/plugin.js';
import { readSettings, type SettingSource } from './settings/settings.js';
import type { Storage } from './storage/storage.js';

/** What the start and the end of the application do with them. */
export interface NodeNotifications {
  open(): Promise<void>;
  close(): Promise<void>;
}

export interface NotificationsRooms {
  readonly storage: Storage;
  readonly leases: Leases;
  readonly access: Access;
  readonly authenticator: Authenticator;
  readonly changeLog: ChangeLog;
}

/**
 * Users' own webhooks and push subscriptions, where they are switched on.
 *
 * @throws SettingsError
 */
export function makeNotifications(
  source: SettingSource,
  points: ExtensionPoints,
  rooms: NotificationsRooms,
): NodeNotifications {
  if (!isNotificationsWanted(source)) {
    return { open: () => forgetPlaces(rooms.storage), close: () => Promise.resolve() };
  }
  const settings = readSettings(NotificationsSettings, source);
  const push = readPushSettings(source, settings);
  const notifications = new Notifications({
    ...rooms,
    ...{ settings, push, definitions: points.definitions, ownBucketOf: ownBucketsOf(source) },
    isReadonly: readSettings(ApiSettings, source).readonly,
    log: new Logger('notifications'),
  });
  addNotifications(points, notifications, { settings, push });
  return notifications;
}
