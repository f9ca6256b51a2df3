import { Setting } from '../../settings/settings.js';

/** What of the changes is kept, and how much of it (kinto-api.md, 12.1.6). */
export class HistorySettings {
  @Setting({
    key: 'history.exclude_resources',
    type: 'list',
    default: [],
    sentence:
      'URIs of buckets, groups, collections or records: of these, and of what is below them, no history is kept.',
  })
  excludeResources!: readonly string[];

  @Setting({
    key: 'history.exclude_user_ids',
    type: 'list',
    default: [],
    sentence: 'Users, by their full ids, whose changes leave no history.',
  })
  excludeUserIds!: readonly string[];

  @Setting({
    key: 'history.auto_trim_max_count',
    type: 'integer',
    default: -1,
    sentence: 'How many entries are kept for each bucket and type of object, the newest ones; 0 or less: all.',
  })
  trimMaxCount!: number;

  @Setting({
    key: 'history.auto_trim_threshold',
    type: 'integer',
    default: 100,
    sentence: 'How many entries more there may be before the old ones are removed.',
  })
  trimThreshold!: number;

  @Setting({
    key: 'history.auto_trim_user_ids',
    type: 'list',
    default: [],
    sentence:
      "Users, by their full ids, to whose entries trimming is restricted, each user's counted apart; empty: all.",
  })
  trimUserIds!: readonly string[];
}
