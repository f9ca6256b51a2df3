/** What a listener or a commit hook of your own is made with: `import { defineListener } from 'kumocast'`. */
export { defineCommitHook, defineListener } from './changes/define-listener.js';
export type { OwnCommitHook, OwnListener, OwnSetting, ValuesOf } from './changes/define-listener.js';
export { UndeliverableChange } from './changes/change-listener.js';
export type { ChangeListener, Delivery, ListenerContext } from './changes/change-listener.js';
export type { CommitHook } from './changes/commit-hook.js';
export { messagesOf, messagesWithin, PAYLOADS, type Payload } from './changes/payload.js';
export type { CommittedChange, ImpactedObject, ResourceChange } from './changes/resource-change.js';
export { ChannelTemplate } from './changes/channel-template.js';
export type { UnitOfWork } from './storage/storage.js';
export { ApiError } from './wire/api-error.js';
