import { Setting } from '../settings/setting.js';

export class AuthSettings {
  @Setting({
    key: 'multiauth.policies',
    type: 'list',
    default: [],
    sentence: 'The names of the authentication policies, in the order they are asked; none: nobody can log in.',
  })
  policies!: readonly string[];

  @Setting({
    key: 'userid_hmac_secret',
    type: 'string',
    default: '',
    sentence: 'The key that turns basic credentials into user ids; changing it makes everybody somebody else.',
    secret: true,
  })
  useridHmacSecret!: string;
}

/** Under `multiauth.policy.<name>.`. */
export class AuthPolicySettings {
  @Setting({
    key: 'use',
    type: 'string',
    default: '',
    sentence: 'The implementation of the policy; empty: the one of its name.',
  })
  use!: string;
}
