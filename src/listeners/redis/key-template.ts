import { ChannelTemplate, type ChannelShare } from '../../changes/channel-template.js';
import type { CommittedChange } from '../../changes/resource-change.js';

/**
 * The name of a key or channel in Redis, with the `{placeholders}` of any other channel. Around them it may have what
 * Pusher's names may not: colons, which Redis keys are full of, slashes, blanks.
 */
export class KeyTemplate {
  /** Texts, and in between templates of one placeholder each. */
  private readonly pieces: readonly (string | ChannelTemplate)[];
  private readonly placeholders: readonly string[];

  /** @throws RangeError as {@link ChannelTemplate} does */
  constructor(template: string) {
    new ChannelTemplate(template);
    const pieces = template.split(/(\{[^{}]*\})/);
    this.placeholders = pieces.filter((_, index) => index % 2 === 1);
    this.pieces = pieces.map((piece, index) => (index % 2 === 1 ? new ChannelTemplate(piece) : piece));
  }

  /** Whether every change goes to the same place. */
  get isConstant(): boolean {
    return this.placeholders.length === 0;
  }

  /** Where the change goes, as {@link ChannelTemplate.fill} tells it. */
  fill(change: CommittedChange): ChannelShare[] {
    if (!this.placeholders.includes(`{${change.resourceName}_id}`)) {
      const channel = this.fillWith(change);
      return channel === undefined ? [] : [{ channel, impacted: change.impacted }];
    }
    return change.impacted.flatMap((object) => {
      const impacted = [object];
      const channel = this.fillWith({ ...change, impacted });
      return channel === undefined ? [] : [{ channel, impacted }];
    });
  }

  private fillWith(change: CommittedChange): string | undefined {
    let key = '';
    for (const piece of this.pieces) {
      const value = typeof piece === 'string' ? piece : piece.fill(change)[0]?.channel;
      if (value === undefined) return undefined;
      key += value;
    }
    return key;
  }
}
