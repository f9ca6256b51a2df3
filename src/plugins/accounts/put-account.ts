import { ChangeCollector } from '../../changes/change-collector.js';
import type { ChangeLog } from '../../changes/change-log.js';
import { accessEntries } from '../../permissions/access-entries.js';
import type { Storage } from '../../storage/storage.js';
import type { JsonObject } from '../../wire/json.js';
import { ACCOUNT_PREFIX, accountList } from './account.definition.js';
import { withoutPassword } from './reachable-accounts.js';
import type { Credentials } from './credentials.js';

/**
 * Makes the account, or gives the one that is there a new password, for whoever has the database in their hands. What
 * else is in the account stays: Kinto's command loses it. The account may write itself again, should it not any more.
 *
 * @param password one that {@link isPassword} takes
 */
export async function putAccount(
  parts: { storage: Storage; changeLog: ChangeLog; credentials: Credentials },
  { username, password }: { username: string; password: string },
): Promise<void> {
  const { storage, changeLog, credentials } = parts;
  const hash = await credentials.passwords.hash(password);
  await storage.write(async (unit) => {
    const list = accountList(username);
    const before = await unit.findObject(list, username);
    const value: JsonObject = { ...before?.value, password: hash };
    delete value.last_modified;
    const { object, position } =
      before === undefined
        ? await unit.createObject(list, username, value)
        : await unit.updateObject(list, before, value);
    await accessEntries.add(unit.sql, `/accounts/${username}`, 'write', `${ACCOUNT_PREFIX}:${username}`);
    const changes = new ChangeCollector();
    changes.note({
      list,
      objectId: username,
      position,
      action: before === undefined ? 'create' : 'update',
      timestamp: object.lastModified,
      userId: null,
      newText: withoutPassword(object).text,
      oldText: before === undefined ? null : withoutPassword(before).text,
    });
    unit.onceDurable(() => credentials.logins.forget(username));
    await changeLog.conclude(unit, changes);
  });
}
