import { ValidateBy } from 'class-validator';
import { Setting } from '../settings/setting.js';
import { encodeJson } from '../wire/json.js';

/** When this server ends, and where its clients shall go (kinto-api.md, 4.1). */
export class EndOfServiceSettings {
  @Setting({
    key: 'eos',
    type: 'string',
    default: undefined,
    sentence:
      'The day, or moment, from which every request is answered with 410; until then each answer announces it. 2030-12-31, 2030-12-31T12:00 (local time), 2030-12-31T12:00Z.',
  })
  @IsMoment()
  eos!: string | undefined;

  @Setting({ key: 'eos_message', type: 'string', default: undefined, sentence: 'What clients are told of that end.' })
  eosMessage!: string | undefined;

  @Setting({
    key: 'eos_url',
    type: 'string',
    default: undefined,
    sentence: 'Where more is said of that end; empty: project_docs.',
  })
  eosUrl!: string | undefined;
}

/** An announced end. */
export class EndOfService {
  /** The `Alert` of every answer until the end. */
  readonly announcement: string;
  /** The `Alert` of the refusals after it. */
  readonly farewell: string;

  /** @param moment ms since the epoch */
  private constructor(
    private readonly moment: number,
    { eosMessage, eosUrl }: EndOfServiceSettings,
    docs: string,
  ) {
    const about = { message: eosMessage ?? null, url: eosUrl ?? docs };
    this.announcement = encodeJson({ code: 'soft-eol', ...about });
    this.farewell = encodeJson({ code: 'hard-eol', ...about });
  }

  static fromSettings(settings: EndOfServiceSettings, docs: string): EndOfService | undefined {
    return settings.eos === undefined ? undefined : new EndOfService(momentOf(settings.eos), settings, docs);
  }

  isOver(): boolean {
    return Date.now() >= this.moment;
  }
}

/** A day alone is its beginning where the server stands, as in Kinto; ECMAScript would take that of Greenwich. */
function momentOf(text: string): number {
  const trimmed = text.trim();
  if (/^\d{4}-\d\d-\d\d$/.test(trimmed)) return Date.parse(`${trimmed}T00:00`);
  // Without a year in four digits, Date.parse makes a date of nearly anything.
  return /\d{4}/.test(trimmed) && /\D/.test(trimmed) ? Date.parse(trimmed) : NaN;
}

function IsMoment(): PropertyDecorator {
  return ValidateBy({
    name: 'isMoment',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && !Number.isNaN(momentOf(value)),
      defaultMessage: () => 'expected a date such as 2030-12-31 or 2030-12-31T12:00Z',
    },
  });
}
