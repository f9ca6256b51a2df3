import { metadata } from './metadata.js';
import { randomName } from './random-name.js';
import type { SqlSession } from './sql-session.js';

const NAME = 'changes_epoch';

/** The name of this database in positions of the whole log. */
export const logEpoch = {
  /** `undefined`: nobody has asked for a position yet. */
  find(sql: SqlSession): Promise<string | undefined> {
    return metadata.find(sql, NAME);
  },

  /** Made and kept at the first asking. Inside a unit of work. */
  findOrCreate(sql: SqlSession): Promise<string> {
    return metadata.findOrCreate(sql, NAME, randomName);
  },
};
