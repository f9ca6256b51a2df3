import { createHmac } from 'node:crypto';

/** Which of the two servers. */
export type PeerName = 'kinto' | 'kumocast';

/** The `userid_hmac_secret` of both. */
export const SECRET = 'a-secret-for-both';

/** Who the users of a profile are. Two scenarios know different people by one name, where that can be. */
export interface Users {
  /** The principal of a user. */
  principalOf(user: string, scenario: string): string;
  /** What they send as `Authorization`. */
  authorizationOf(user: string, scenario: string): string;
}

/** What is there beside the two servers while a profile is compared: files, another server. */
export interface Surroundings extends Partial<Users> {
  /** Lines of `[app:main]` for one of the two. */
  iniOf(peer: PeerName): readonly string[];
  /** What `{{token:alice}}` stands for. */
  tokenOf?(name: string): string;
  /** Goes where a redirect leads, as this user, up to the place that is the server's again. */
  follow?(location: string, user: string): Promise<string>;
  close?(): Promise<void>;
}

export const basicAuth = (user: string): string => `Basic ${Buffer.from(`${user}:secret`).toString('base64')}`;

/** Those of the policy `basicauth` (kinto-api.md, 8.2). */
export const BASIC_USERS: Users = {
  principalOf: (user, scenario) =>
    `basicauth:${createHmac('sha256', SECRET).update(`${scenario}${user}:secret`).digest('hex')}`,
  authorizationOf: (user, scenario) => basicAuth(`${scenario}${user}`),
};
