/** Everybody, logged in or not. */
export const EVERYONE = 'system.Everyone';
/** Everybody who is logged in. */
export const AUTHENTICATED = 'system.Authenticated';
