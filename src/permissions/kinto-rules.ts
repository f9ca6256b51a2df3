import { grants, type PermissionRules } from './permission-rules.js';

/** What each of Kinto's resources inherits (kinto-api.md, 7.1). */
export function addKintoRules(rules: PermissionRules): void {
  rules.add('', {
    assignable: [],
    granted: {
      'bucket:create': grants(':bucket:create'),
      read: grants(':read'),
      write: grants(':write'),
    },
  });
  rules.add('bucket', {
    assignable: ['read', 'write', 'collection:create', 'group:create'],
    granted: {
      write: grants('bucket:write'),
      read: grants('bucket:write read'),
      'read:attributes': grants('bucket:write read collection:create group:create'),
      'collection:create': grants('bucket:write collection:create'),
      'group:create': grants('bucket:write group:create'),
    },
  });
  rules.add('group', {
    assignable: ['read', 'write'],
    granted: {
      write: grants('bucket:write', 'group:write'),
      read: grants('bucket:write read', 'group:write read'),
      'read:attributes': grants('bucket:write read', 'group:write read'),
    },
  });
  rules.add('collection', {
    assignable: ['read', 'write', 'record:create'],
    granted: {
      write: grants('bucket:write', 'collection:write'),
      read: grants('bucket:write read', 'collection:write read'),
      'read:attributes': grants('bucket:write read', 'collection:write read record:create'),
      'record:create': grants('bucket:write', 'collection:write record:create'),
    },
  });
  rules.add('record', {
    assignable: ['read', 'write'],
    granted: {
      write: grants('bucket:write', 'collection:write', 'record:write'),
      read: grants('bucket:write read', 'collection:write read', 'record:write read'),
      'read:attributes': grants('bucket:write read', 'collection:write read', 'record:write read'),
    },
  });
  // No resources, but their settings are read the same way.
  rules.add('permissions', { assignable: [], granted: { read: grants('permissions:read') } });
  rules.add('user-data', { assignable: [], granted: { delete: grants('user-data:delete') } });
}
