import { IsInt, Matches, Max, Min, ValidateIf } from 'class-validator';
import { IsKnownName, resolveDottedName, Setting } from '../settings/settings.js';

export class StorageSettings {
  @Setting({
    key: 'storage_backend',
    type: 'string',
    default: 'sqlite',
    sentence: 'Where objects, permissions and the change log live: sqlite (one file) or memory (gone at the end).',
  })
  @IsKnownName('storage', ['sqlite', 'memory'])
  storageBackend!: string;

  @Setting({
    key: 'storage_url',
    type: 'string',
    default: '',
    sentence: 'The SQLite file: a path, or sqlite:// and a path. Empty: kumocast.sqlite in the working directory.',
    secret: true,
  })
  // The memory backend has no use for it, and a kinto.ini may still have that of another one.
  @ValidateIf(({ storageBackend }: StorageSettings) => resolveDottedName('storage', storageBackend) === 'sqlite')
  @Matches(/^(sqlite:|(?![a-z][a-z0-9+]*:\/\/))/i, { message: 'the sqlite backend expects the path of a file' })
  storageUrl!: string;

  @Setting({
    key: 'storage_max_group',
    type: 'integer',
    default: 128,
    sentence: 'How many requests may share one transaction, and so one sync of the disk.',
  })
  @IsInt()
  @Min(1)
  @Max(10_000)
  maxGroup!: number;

  @Setting({
    key: 'permission_backend',
    type: 'string',
    default: '',
    sentence: 'Accepted for kinto.ini files; permissions always live beside the objects, in one transaction with them.',
  })
  permissionBackend!: string;

  @Setting({
    key: 'permission_url',
    type: 'string',
    default: '',
    sentence: 'Accepted for kinto.ini files; see permission_backend.',
    secret: true,
  })
  permissionUrl!: string;
}
