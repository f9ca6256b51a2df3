import { Max, Min } from 'class-validator';
import { Setting } from '../../settings/settings.js';

/** How files are taken: under `attachment.`, and for some under `attachment.resources.<bucket>[.<collection>].`. */
export class UploadSettings {
  @Setting({
    key: 'extensions',
    type: 'string',
    default: 'default',
    sentence:
      'Which files are taken, by their extensions or by groups of them, joined by +: documents, text, images, audio, video, data, scripts, archives, executables, default (the first three and data), any.',
  })
  extensions!: string;

  @Setting({
    key: 'folder',
    type: 'string',
    default: '',
    sentence: 'The folder that files are put into; {bucket_id} and {collection_id} stand for those of the record.',
  })
  folder!: string;

  @Setting({
    key: 'randomize',
    type: 'boolean',
    default: true,
    sentence: 'Whether files get names that nobody can guess; whoever knows the name can read the file.',
  })
  randomize!: boolean;

  @Setting({
    key: 'filename_pattern',
    type: 'string',
    default: '',
    sentence: 'How files are named, of {datetime}, {rid} (the id of the record) and {filename}; empty: {filename}.',
  })
  filenamePattern!: string;

  @Setting({
    key: 'gzipped',
    type: 'boolean',
    default: false,
    sentence: 'Whether files are kept compressed; the record then tells of the original, too.',
  })
  gzipped!: boolean;

  @Setting({
    key: 'keep_old_files',
    type: 'boolean',
    default: false,
    sentence: 'Whether files stay when their record is deleted or gets another one.',
  })
  keepOldFiles!: boolean;

  @Setting({
    key: 'mimetypes',
    type: 'string',
    default: '',
    sentence:
      'Media types by extension, before what the client says, e.g. .ftl:application/vnd.fluent;.db:application/vnd.sqlite3.',
  })
  mimetypes!: string;

  @Setting({
    key: 'max_size_bytes',
    type: 'integer',
    default: 0,
    sentence: 'How large one file may be, in bytes; 0: as large as max_body_bytes lets the request be.',
  })
  @Min(0)
  maxSize!: number;
}

/** Where files are kept and found, under `attachment.`. */
export class AttachmentSettings {
  @Setting({
    key: 'base_path',
    type: 'string',
    default: '',
    sentence: 'The directory that files are kept in; empty: they are kept in an S3 bucket.',
  })
  basePath!: string;

  @Setting({
    key: 'base_url',
    type: 'string',
    default: '',
    sentence: 'What the location in a record begins with; empty: locations are relative to the one that hello tells.',
  })
  baseUrl!: string;

  @Setting({
    key: 'extra.base_url',
    type: 'string',
    default: '',
    sentence: 'What hello tells clients to put before relative locations; empty: base_url, or where they are served.',
  })
  extraBaseUrl!: string;

  @Setting({
    key: 'serve',
    type: 'boolean',
    default: undefined,
    sentence: 'Whether this server hands out the files of base_path, under /v1/attachments/; empty: if base_url is.',
  })
  serve!: boolean | undefined;
}

/** The S3 bucket, under `attachment.aws.`. */
export class S3Settings {
  @Setting({ key: 'bucket_name', type: 'string', default: '', sentence: 'The S3 bucket that files are kept in.' })
  bucketName!: string;

  @Setting({ key: 'access_key', type: 'string', default: '', sentence: 'The access key of the S3 bucket.' })
  accessKey!: string;

  @Setting({
    key: 'secret_key',
    type: 'string',
    default: '',
    sentence: 'The secret key of the S3 bucket.',
    secret: true,
  })
  secretKey!: string;

  @Setting({
    key: 'acl',
    type: 'string',
    default: 'public-read',
    sentence: 'Who may read what is put into the bucket, in the words of S3; empty: the bucket decides.',
  })
  acl!: string;

  @Setting({ key: 'region', type: 'string', default: 'us-east-1', sentence: 'The region of the bucket.' })
  region!: string;

  @Setting({
    key: 'host',
    type: 'string',
    default: '',
    sentence: 'The host of another service that speaks S3; empty: Amazon.',
  })
  host!: string;

  @Setting({ key: 'port', type: 'integer', default: undefined, sentence: 'Its port; empty: the usual one.' })
  @Min(1)
  @Max(65_535)
  port!: number | undefined;

  @Setting({ key: 'is_secure', type: 'boolean', default: true, sentence: 'Whether it is spoken to by https.' })
  isSecure!: boolean;

  @Setting({
    key: 'endpoint',
    type: 'string',
    default: '',
    sentence: 'The same in one, e.g. http://127.0.0.1:9000; it comes before host, port and is_secure.',
  })
  endpoint!: string;

  @Setting({
    key: 'timeout',
    type: 'integer',
    default: 5,
    sentence: 'How long S3 may take for one answer, in seconds.',
  })
  @Min(1)
  @Max(600)
  timeout!: number;
}
