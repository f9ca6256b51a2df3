import { Min } from 'class-validator';
import { Setting } from '../../settings/settings.js';

export class AccountsSettings {
  @Setting({
    key: 'account_cache_ttl_seconds',
    type: 'integer',
    default: 30,
    sentence: 'How long a password that was right is known to be, in seconds since it was last used.',
  })
  @Min(0)
  cacheTtl!: number;

  @Setting({
    key: 'account_max_waiting_hashes',
    type: 'integer',
    default: 100,
    sentence: 'How many passwords may wait to be hashed, some tenths of a second of work each; the next gets a 503.',
  })
  @Min(1)
  maxWaitingHashes!: number;
}
