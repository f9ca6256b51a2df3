import { IsInt, Max, Min, ValidateBy, ValidateIf, type ValidationArguments } from 'class-validator';
import { isPostgresqlUrl } from '../outgoing/postgresql-url.js';
import { IsKnownName, resolveDottedName, Setting } from '../settings/settings.js';

const IS_URL = /^[a-z][a-z0-9+]*:\/\//i;

/** Whether the backend of the same settings can be reached by it. */
function isUrlOf(backend: string, url: string): boolean {
  if (backend === 'postgresql') return isPostgresqlUrl(url);
  return /^sqlite:/i.test(url) || !IS_URL.test(url);
}

function backendOf({ object }: ValidationArguments): string {
  return resolveDottedName('storage', (object as StorageSettings).storageBackend);
}

/** A URL, never repeated in a message: there may be a password in it. */
function IsUrlOfBackend(): PropertyDecorator {
  return ValidateBy({
    name: 'isUrlOfBackend',
    validator: {
      validate: (url: unknown, context) =>
        context !== undefined && typeof url === 'string' && isUrlOf(backendOf(context), url),
      defaultMessage: (context) =>
        context !== undefined && backendOf(context) === 'postgresql'
          ? 'the postgresql backend expects postgresql://user:password@host:5432/name'
          : 'the sqlite backend expects the path of a file',
    },
  });
}

export class StorageSettings {
  @Setting({
    key: 'storage_backend',
    type: 'string',
    default: 'sqlite',
    sentence:
      'Where objects, permissions and the change log live: sqlite (one file), postgresql (a server, which may be that ' +
      'of a Kinto) or memory (gone at the end).',
  })
  @IsKnownName('storage', ['sqlite', 'postgresql', 'memory'])
  storageBackend!: string;

  @Setting({
    key: 'storage_url',
    type: 'string',
    default: '',
    sentence:
      'The SQLite file: a path, or sqlite:// and a path; empty: kumocast.sqlite in the working directory. ' +
      'Or the PostgreSQL database: postgresql://user:password@host:5432/name.',
    secret: true,
  })
  // The memory backend has no use for it, and a kinto.ini may still have that of another one.
  @ValidateIf(({ storageBackend }: StorageSettings) => resolveDottedName('storage', storageBackend) !== 'memory')
  @IsUrlOfBackend()
  storageUrl!: string;

  @Setting({
    key: 'storage_pool_size',
    type: 'integer',
    default: 25,
    sentence: 'How many connections to PostgreSQL are kept. Together with storage_max_overflow, at least 2.',
  })
  @IsInt()
  @Min(1)
  @Max(10_000)
  poolSize!: number;

  @Setting({
    key: 'storage_max_overflow',
    type: 'integer',
    default: 5,
    sentence: 'How many connections there may be beyond storage_pool_size.',
  })
  @IsInt()
  @Min(0)
  @Max(10_000)
  maxOverflow!: number;

  @Setting({
    key: 'storage_pool_timeout',
    type: 'integer',
    default: 30,
    sentence: 'How long a request may wait for a connection to PostgreSQL, in seconds; then it is answered with 503.',
  })
  @IsInt()
  @Min(1)
  @Max(3_600)
  poolTimeout!: number;

  @Setting({
    key: 'storage_pool_recycle',
    type: 'integer',
    default: -1,
    sentence: 'After how many seconds a connection to PostgreSQL is replaced; -1: never.',
  })
  @IsInt()
  @Min(-1)
  poolRecycle!: number;

  @Setting({
    key: 'storage_max_backlog',
    type: 'integer',
    default: -1,
    sentence: 'How many requests may wait for a connection to PostgreSQL; more get 503 at once. -1: any number.',
  })
  @IsInt()
  @Min(-1)
  maxBacklog!: number;

  @Setting({
    key: 'storage_statement_timeout',
    type: 'integer',
    default: 30,
    sentence: 'The longest that PostgreSQL may work on one statement, in seconds; 0: any time.',
  })
  @IsInt()
  @Min(0)
  @Max(86_400)
  statementTimeout!: number;

  @Setting({
    key: 'storage_poll_interval',
    type: 'integer',
    default: 500,
    sentence: 'How often it is looked whether other servers have written to PostgreSQL, in milliseconds.',
  })
  @IsInt()
  @Min(10)
  @Max(60_000)
  pollInterval!: number;

  @Setting({
    key: 'storage_migrate_at_start',
    type: 'boolean',
    default: true,
    sentence: 'Whether a start makes and changes the tables on PostgreSQL; else "kumocast migrate" does.',
  })
  migrateAtStart!: boolean;

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
