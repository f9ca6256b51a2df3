import type { NoteChange } from '../../resources/private-resource.js';
import { StoredObject } from '../../wire/stored-object.js';

/** Listeners hear every change of the log: neither URLs nor triggers are theirs to know. */
export const noteSubscription: NoteChange = ({ identity, changes }, resourceName, action, { object, position }) => {
  const { userId = '' } = identity;
  const bare = StoredObject.of(object.id, object.lastModified, {});
  changes.note({
    list: { parentId: userId, resourceName },
    objectId: object.id,
    position,
    action,
    timestamp: object.lastModified,
    userId,
    newText: action === 'delete' ? object.text : bare.text,
    oldText: action === 'create' ? null : bare.text,
  });
};
