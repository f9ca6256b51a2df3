import type { ChannelShare } from '../../changes/channel-template.js';
import { messagesWithin, type Payload } from '../../changes/payload.js';
import type { CommittedChange, ImpactedObject } from '../../changes/resource-change.js';
import { KeyTemplate } from './key-template.js';
import type { RedisMode, RedisSettings } from './redis.settings.js';

/** One command, its name first. */
export type RedisCommand = readonly string[];

/** One command that hands over one message. */
export interface RedisMessage {
  readonly key: string;
  readonly command: RedisCommand;
}

/** Shapes what Redis is told of a change, by the mode and the payload of the settings. */
export class RedisMessages {
  private readonly template: KeyTemplate;
  private readonly mode: RedisMode;
  private readonly maxLength: number;
  private readonly maxEventBytes: number;

  constructor(
    settings: Readonly<RedisSettings>,
    private readonly payload: Payload,
  ) {
    // One by one: the settings hold a password, which must not be here for an inspector to show.
    const { mode, listname, key, channel, maxLength, maxEventBytes } = settings;
    this.template = new KeyTemplate({ list: listname, stream: key, pubsub: channel }[mode]);
    this.mode = mode;
    this.maxLength = maxLength;
    this.maxEventBytes = maxEventBytes;
  }

  /** Whether there is one key for all changes, and none that a change chose. */
  get hasOneKey(): boolean {
    return this.template.isConstant;
  }

  /** The change's messages, in the order its objects were changed. The same each time, so that a try can go on. */
  *of(change: CommittedChange): Generator<RedisMessage> {
    let index = 0;
    for (const { channel: key, impacted } of this.sharesOf(change)) {
      const text = messagesWithin(this.maxEventBytes, this.payload, change, impacted)[0]!;
      const envelope = envelopeOf(change, impacted, index++);
      yield { key, command: this.commandOf(key, envelope, text) };
    }
  }

  /** What keeps the keys of these messages from growing for ever. Streams are trimmed as they grow. */
  trims(messages: readonly RedisMessage[]): RedisCommand[] {
    const { mode, maxLength } = this;
    if (mode !== 'list' || maxLength === 0) return [];
    return [...new Set(messages.map(({ key }) => key))].map((key) => ['LTRIM', key, '0', String(maxLength - 1)]);
  }

  /** One for each message: with the payload `kinto` one for each key, else one for each object. */
  private sharesOf(change: CommittedChange): ChannelShare[] {
    const shares = this.template.fill(change);
    if (this.payload === 'kinto') return shares;
    return shares.flatMap(({ channel, impacted }) => impacted.map((object) => ({ channel, impacted: [object] })));
  }

  private commandOf(key: string, envelope: Envelope, text: string): RedisCommand {
    const { mode, maxLength } = this;
    if (mode === 'stream') {
      const trim = maxLength === 0 ? [] : ['MAXLEN', '~', String(maxLength)];
      return ['XADD', key, ...trim, '*', ...fieldsOf(envelope), 'data', text];
    }
    const message = this.payload === 'kinto' ? `${JSON.stringify(envelope).slice(0, -1)},"data":${text}}` : text;
    return [mode === 'list' ? 'LPUSH' : 'PUBLISH', key, message];
  }
}

type Envelope = Readonly<Record<string, string | number | null>>;

/**
 * Kinto's event payload (kinto-api.md, 13.2), which is all that kinto-redis pushes, and what names the message: `id` and
 * `index` are the same in each delivery, so that a reader can tell a repeated one.
 */
function envelopeOf(change: CommittedChange, impacted: readonly ImpactedObject[], index: number): Envelope {
  const { action, resourceName, parentId, parentParts } = change;
  const only = impacted.length === 1 ? impacted[0] : undefined;
  const listUri = `${parentId}/${resourceName}s`;
  return {
    timestamp: (only ?? change).timestamp,
    action,
    uri: only === undefined ? listUri : `${listUri}/${only.id}`,
    user_id: (only ?? change).userId,
    resource_name: resourceName,
    ...parentParts,
    ...(only === undefined ? {} : { [`${resourceName}_id`]: only.id }),
    id: change.id,
    index,
  };
}

/** A stream's fields are texts; what is nothing is not there. */
function fieldsOf(envelope: Envelope): string[] {
  return Object.entries(envelope).flatMap(([name, value]) => (value === null ? [] : [name, String(value)]));
}
