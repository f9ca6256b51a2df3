import { Max, Min } from 'class-validator';
import { Setting } from '../../settings/settings.js';

/** One provider, under `multiauth.policy.<name>.`. */
export class OpenIdSettings {
  @Setting({
    key: 'issuer',
    type: 'string',
    default: '',
    sentence: 'The URL of the identity provider, below which it keeps .well-known/openid-configuration.',
  })
  issuer!: string;

  @Setting({
    key: 'client_id',
    type: 'string',
    default: '',
    sentence: 'What the identity provider knows this server by.',
  })
  clientId!: string;

  @Setting({
    key: 'client_secret',
    type: 'string',
    default: '',
    sentence: 'What this server proves that with when it trades a code for tokens.',
    secret: true,
  })
  clientSecret!: string;

  @Setting({
    key: 'audience',
    type: 'string',
    default: '',
    sentence: 'Whom access tokens must be made for; if it is set, they must be signed JWTs of this provider.',
  })
  audience!: string;

  @Setting({
    key: 'header_type',
    type: 'string',
    default: 'Bearer',
    sentence: 'The word before the token in the Authorization header.',
  })
  headerType!: string;

  @Setting({
    key: 'userid_field',
    type: 'string',
    default: 'sub',
    sentence: 'Which field of the profile is the user id.',
  })
  userIdField!: string;

  @Setting({
    key: 'realm',
    type: 'string',
    default: 'Realm',
    sentence: 'The realm that a 401 names.',
  })
  realm!: string;

  @Setting({
    key: 'verification_ttl_seconds',
    type: 'integer',
    default: 86_400,
    sentence: 'After how many seconds a token is shown to the provider again, however often it is used meanwhile.',
  })
  @Min(1)
  verificationTtl!: number;

  @Setting({
    key: 'state_ttl_seconds',
    type: 'integer',
    default: 3600,
    sentence: 'How long a login may take, in seconds.',
  })
  @Min(1)
  stateTtl!: number;

  @Setting({
    key: 'state_length',
    type: 'integer',
    default: 32,
    sentence: 'How many random bytes tell one login from another.',
  })
  @Min(16)
  @Max(256)
  stateLength!: number;

  @Setting({
    key: 'allowed_scopes',
    type: 'list',
    default: ['openid', 'email', 'profile'],
    sentence: 'The scopes that a login may ask for.',
  })
  allowedScopes!: readonly string[];

  @Setting({
    key: 'trusted_callback_urls',
    type: 'list',
    default: [],
    sentence:
      'Where a login may send the tokens, * standing for any characters; empty: this machine and the admin of this server.',
  })
  trustedCallbacks!: readonly string[];

  @Setting({
    key: 'timeout_seconds',
    type: 'integer',
    default: 5,
    sentence: 'How long the provider may take for one answer, in seconds.',
  })
  @Min(1)
  @Max(120)
  timeout!: number;

  @Setting({
    key: 'retry_seconds',
    type: 'integer',
    default: 10,
    sentence: 'How long a provider that fails is left alone, and not complained of again, in seconds.',
  })
  @Min(1)
  retry!: number;
}
