import type { ChangeListener } from '../../changes/change-listener.js';
import type { CommittedChange } from '../../changes/resource-change.js';
import type { VerifiedLogins } from './verified-logins.js';

/**
 * Forgets which passwords were right when an account is changed on another server: this one has not seen the request,
 * only what the log says of it.
 */
export class AccountWatch implements ChangeListener {
  readonly delivery = 'on-every-node';

  constructor(private readonly logins: VerifiedLogins) {}

  hasAudience(): boolean {
    return this.logins.mayRemember;
  }

  afterCommit({ resourceName, impacted }: CommittedChange): void {
    if (resourceName !== 'account') return;
    for (const { id } of impacted) this.logins.forget(id);
  }
}
