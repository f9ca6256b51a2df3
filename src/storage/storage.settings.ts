import { IsInt, Max, Min } from 'class-validator';
import { Setting } from '../settings/setting.js';

export class StorageSettings {
  @Setting({
    key: 'storage_backend',
    type: 'string',
    default: 'sqlite',
    sentence: 'Where objects, permissions and the change log live: sqlite (one file) or memory (gone at the end).',
  })
  storageBackend!: string;

  @Setting({
    key: 'storage_url',
    type: 'string',
    default: '',
    sentence: 'The SQLite file: a path, or sqlite:// and a path. Empty: kumocast.sqlite in the working directory.',
    secret: true,
  })
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
