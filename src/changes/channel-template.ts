import { ValidateBy } from 'class-validator';
import { readingsOf, type ChannelReading } from './channel-reading.js';
import type { CommittedChange, ImpactedObject } from './resource-change.js';

/** The places of a template that any change fills; the ids below are filled where the change has them. */
const ALWAYS_FILLED = {
  resource_name: (change) => change.resourceName,
  action: (change) => change.action,
  timestamp: (change) => String(change.timestamp),
  user_id: (change) => change.userId ?? undefined,
} as const satisfies Record<string, (change: CommittedChange) => string | undefined>;

const IDS = ['bucket_id', 'collection_id', 'group_id', 'record_id'] as const;

/** Every word that may stand between braces. */
export const PLACEHOLDERS: readonly string[] = [...Object.keys(ALWAYS_FILLED), ...IDS];

/** One channel and the objects to announce there. */
export interface ChannelShare {
  readonly channel: string;
  readonly impacted: readonly ImpactedObject[];
}

/**
 * A channel name with `{placeholders}`, as kinto-pusher's `channel` setting has it. What Pusher refuses in a channel
 * name is left out of the filled-in values.
 */
export class ChannelTemplate {
  private readonly pieces: readonly string[];
  private readonly placeholders: readonly string[];

  /** @throws RangeError naming the placeholder that there is not; for a brace that stands alone; for no text at all */
  constructor(template: string) {
    if (template === '') throw new RangeError('a channel has a name');
    // Splitting by a group keeps the groups: the odd pieces are the placeholders.
    this.pieces = template.split(/\{([^{}]*)\}/);
    this.placeholders = this.pieces.filter((_, index) => index % 2 === 1);
    const unknown = this.placeholders.find((name) => !PLACEHOLDERS.includes(name));
    if (unknown !== undefined) {
      throw new RangeError(`there is no placeholder {${unknown}}; there are ${PLACEHOLDERS.join(', ')}`);
    }
    if (this.pieces.some((piece) => /[{}]/.test(piece))) throw new RangeError('a brace stands alone');
  }

  /**
   * The channels of a change: one, or none when a placeholder stays empty; several when the template names the
   * objects' own id and the change has several objects.
   */
  fill(change: CommittedChange): ChannelShare[] {
    const ownId = `${change.resourceName}_id`;
    if (!this.placeholders.includes(ownId)) {
      const channel = this.fillWith(change, undefined);
      return channel === undefined ? [] : [{ channel, impacted: change.impacted }];
    }
    const shares = new Map<string, ImpactedObject[]>();
    for (const object of change.impacted) {
      const channel = this.fillWith(change, object);
      if (channel === undefined) continue;
      const share = shares.get(channel);
      if (share === undefined) shares.set(channel, [object]);
      else share.push(object);
    }
    return [...shares].map(([channel, impacted]) => ({ channel, impacted }));
  }

  /** What a channel of this template announces; `undefined` when the name is none of its own. */
  read(channel: string): ChannelReading[] | undefined {
    return readingsOf(this.pieces, channel);
  }

  /** What the names of all its channels begin with. */
  get prefix(): string {
    return this.pieces[0] ?? '';
  }

  private fillWith(change: CommittedChange, object: ImpactedObject | undefined): string | undefined {
    let channel = '';
    for (const [index, piece] of this.pieces.entries()) {
      const value = index % 2 === 0 ? piece : valueOf(piece, change, object);
      if (value === undefined) return undefined;
      channel += value;
    }
    const accepted = channel.replace(NOT_IN_CHANNEL_NAMES, '');
    return accepted === '' ? undefined : accepted;
  }
}

/** The rule for a setting that holds a template, so that a wrong one is told with its key and its line. */
export function IsChannelTemplate(): PropertyDecorator {
  return ValidateBy({
    name: 'isChannelTemplate',
    validator: {
      validate: (value: unknown) => problemOf(value) === undefined,
      defaultMessage: (rule) => problemOf(rule?.value) ?? '',
    },
  });
}

function problemOf(template: unknown): string | undefined {
  try {
    new ChannelTemplate(String(template));
    return undefined;
  } catch (error) {
    return (error as RangeError).message;
  }
}

/** Everything but Pusher's characters for channel names (pusher-protocol.md, 1.8). */
const NOT_IN_CHANNEL_NAMES = /[^-a-zA-Z0-9_=@,.;]/g;

function valueOf(name: string, change: CommittedChange, object: ImpactedObject | undefined): string | undefined {
  if (name in ALWAYS_FILLED) return ALWAYS_FILLED[name as keyof typeof ALWAYS_FILLED](change);
  if (object !== undefined && name === `${change.resourceName}_id`) return object.id;
  return change.parentParts[name];
}
