/** What can happen to an object. `read` is told only to listeners that ask for it by name. */
export const CHANGE_ACTIONS = ['create', 'update', 'delete'] as const;
export type ChangeAction = (typeof CHANGE_ACTIONS)[number];
