import { Setting } from '../../settings/setting.js';

/** The change log, read over HTTP. */
export class ChangeFeedSettings {
  @Setting({
    key: 'changes.feed',
    type: 'boolean',
    default: true,
    sentence: 'Whether /changes is there: of everything, of a bucket, of a collection, for whoever may read it.',
  })
  isEnabled!: boolean;
}
