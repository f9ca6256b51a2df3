import type { ChangeListener } from './change-listener.js';
import type { CommittedChange } from './resource-change.js';

export interface ListenerFilter {
  /** `create`, `update`, `delete`. */
  readonly actions: ReadonlySet<string>;
  /** Empty: all. */
  readonly resources: ReadonlySet<string>;
}

/** What has become of the changes a listener asked for. */
export interface ListenerStats {
  delivered: number;
  /** Tries that failed, repeated ones included. */
  failed: number;
  /** Changes passed over because they can never be delivered. */
  undeliverable: number;
  lastError: string | undefined;
}

/** A listener with the name and the filter that the settings gave it. */
export class RegisteredListener {
  readonly stats: ListenerStats = { delivered: 0, failed: 0, undeliverable: 0, lastError: undefined };

  constructor(
    readonly name: string,
    readonly kind: string,
    readonly listener: ChangeListener,
    private readonly filter: ListenerFilter,
  ) {}

  wants({ action, resourceName }: CommittedChange): boolean {
    const { actions, resources } = this.filter;
    return actions.has(action) && (resources.size === 0 || resources.has(resourceName));
  }

  /** @throws what the listener throws, counted */
  async tell(change: CommittedChange): Promise<void> {
    try {
      await this.listener.afterCommit(change);
      this.stats.delivered++;
    } catch (error) {
      this.stats.failed++;
      this.stats.lastError = describe(error);
      throw error;
    }
  }
}

/** One line for the log; the chain of causes is what explains a failed connection. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error && !error.message.includes(error.cause.message) ? error.cause : undefined;
  return cause === undefined ? error.message : `${error.message} (${describe(cause)})`;
}
