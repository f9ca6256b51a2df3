import { accounts } from './profiles/accounts.js';
import { admin } from './profiles/admin.js';
import { attachments, namedAttachments } from './profiles/attachments.js';
import { batch } from './profiles/batch.js';
import { defaultBucket } from './profiles/default-bucket.js';
import { history, partialHistory } from './profiles/history.js';
import { implicit } from './profiles/implicit.js';
import { ended, ending, limits } from './profiles/limits.js';
import { metrics } from './profiles/metrics.js';
import { objects } from './profiles/objects.js';
import { openid } from './profiles/openid.js';
import { queries } from './profiles/queries.js';
import { readonly } from './profiles/readonly.js';
import { schemas } from './profiles/schema.js';
import { everything, permissions, userData } from './profiles/utilities.js';
import type { Profile } from './step.js';

/** Every configuration that is compared. */
export const PROFILES: readonly Profile[] = [
  objects,
  queries,
  defaultBucket,
  batch,
  schemas,
  history,
  partialHistory,
  permissions,
  userData,
  everything,
  implicit,
  limits,
  readonly,
  ending,
  ended,
  attachments,
  namedAttachments,
  openid,
  metrics,
  admin,
  accounts,
];
