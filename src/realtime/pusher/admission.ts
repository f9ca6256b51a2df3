import type { ChannelKind } from './channel-name.js';
import type { SubscriptionRefusal } from './messages.js';

/** Decides whether a connection may subscribe to a channel of one kind; undefined admits it. */
export type Admission = (channel: string) => SubscriptionRefusal | undefined;

const admit: Admission = () => undefined;

const needsAuthorization: Admission = () => ({
  type: 'AuthError',
  error: 'This server does not offer channels that need authorization yet.',
  status: 401,
});

const needsSignIn: Admission = () => ({
  type: 'AuthError',
  error: 'This server does not offer user channels yet.',
  status: 401,
});

const needsCache: Admission = () => ({
  type: 'ServerError',
  error: 'This server does not offer cache channels yet.',
  status: 501,
});

/** Who may subscribe, kind by kind. A kind without a row does not compile. */
export const ADMISSIONS: Readonly<Record<ChannelKind, Admission>> = {
  public: admit,
  cache: needsCache,
  private: needsAuthorization,
  'private-cache': needsAuthorization,
  'private-encrypted': needsAuthorization,
  'private-encrypted-cache': needsAuthorization,
  presence: needsAuthorization,
  'presence-cache': needsAuthorization,
  user: needsSignIn,
};
