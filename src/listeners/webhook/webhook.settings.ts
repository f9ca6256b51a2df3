import { IsDefined, IsInt, Max, Min, ValidateBy } from 'class-validator';
import { Setting } from '../../settings/settings.js';
import { parseHeaders } from './static-headers.js';
import { WebhookSigner } from '../../outgoing/webhook/webhook-signer.js';

const NEEDED = { message: 'it is needed' };

/** A rule whose sentence is what `check` throws; none of them repeats the value. */
function Passes<T>(check: (value: T) => unknown): PropertyDecorator {
  const problemOf = (value: unknown): string | undefined => {
    try {
      check(value as T);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  };
  return ValidateBy({
    name: 'passes',
    validator: {
      validate: (value: unknown) => problemOf(value) === undefined,
      defaultMessage: (rule) => problemOf(rule?.value) ?? '',
    },
  });
}

function ensureUrls(urls: readonly string[]): void {
  if (urls.length === 0) throw new RangeError('it is needed');
  for (const [index, text] of urls.entries()) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const which = urls.length === 1 ? 'it' : `number ${index + 1}`;
    if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw new RangeError(`${which} is not an http(s) URL`);
    if (url.username + url.password !== '') throw new RangeError(`${which} has a password: give it in headers`);
  }
}

export class WebhookListenerSettings {
  @Setting({
    key: 'url',
    type: 'list',
    default: undefined,
    sentence: 'Where changes are posted; with several URLs, to each of them.',
    // Whoever knows such a URL may often post to it.
    secret: true,
  })
  @IsDefined(NEEDED)
  @Passes(ensureUrls)
  urls!: readonly string[];

  @Setting({
    key: 'secret',
    type: 'list',
    default: undefined,
    sentence: 'What requests are signed with: whsec_<base64>, or plain text; with several, each signs.',
    secret: true,
  })
  @IsDefined(NEEDED)
  @Passes((secrets: readonly string[]) => new WebhookSigner(secrets))
  secrets!: readonly string[];

  @Setting({
    key: 'headers',
    type: 'string',
    default: '',
    sentence: 'Headers that each request has besides, one a line, e.g. Authorization: Bearer abc.',
    secret: true,
  })
  @Passes(parseHeaders)
  headers!: string;

  @Setting({
    key: 'timeout',
    type: 'integer',
    default: 10_000,
    sentence: 'Milliseconds a receiver has to answer one request; then it is sent again.',
  })
  @IsInt()
  @Min(1)
  @Max(600_000)
  timeout!: number;

  @Setting({
    key: 'allow_private_addresses',
    type: 'boolean',
    default: false,
    sentence: 'Whether receivers may be on this machine or in a private network.',
  })
  allowPrivateAddresses!: boolean;

  @Setting({
    key: 'max_connections',
    type: 'integer',
    default: 4,
    sentence: 'How many connections at most stand open to one host.',
  })
  @IsInt()
  @Min(1)
  @Max(1000)
  maxConnections!: number;

  @Setting({
    key: 'max_body_bytes',
    type: 'integer',
    // Below the 100 kB that many a server takes by default.
    default: 65_536,
    sentence: 'The largest body, in bytes; data that would make it larger becomes a notice to fetch it.',
  })
  @IsInt()
  // What a message has beside its data, and the notice, have to fit: ids are long at times.
  @Min(16_384)
  maxBodyBytes!: number;

  @Setting({
    key: 'max_response_bytes',
    type: 'integer',
    default: 4096,
    sentence: "How much of a receiver's answer is read, in bytes.",
  })
  @IsInt()
  @Min(0)
  @Max(1_048_576)
  maxResponseBytes!: number;
}
