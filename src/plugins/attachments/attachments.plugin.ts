import { randomUUID } from 'node:crypto';
import { ApiSettings, ProjectSettings } from '../../resources/http.settings.js';
import type { Plugin } from '../../resources/plugin.js';
import { readSettings, SettingsError, type SettingSource } from '../../settings/settings.js';
import { AttachmentHook } from './attachment-hook.js';
import { AttachmentEndpoint } from './attachment.endpoint.js';
import type { AttachmentStore } from './attachment-store.js';
import { AttachmentSettings, S3Settings, UploadSettings } from './attachments.settings.js';
import { FileEndpoint } from './file.endpoint.js';
import { FileRemoval } from './file-removal.js';
import { LocalStore } from './local-store.js';
import { S3Store } from './s3-store.js';
import { UploadAccess } from './upload-access.js';
import { UploadRules } from './upload-rules.js';

const PREFIX = 'attachment.';
const SERVED_AT = '/v1/attachments/';

/** The version of kinto-attachment whose API this is, for clients that ask. */
const API_VERSION = '8.0.0';

/** Files beside records: kinto-attachment's API. */
export const attachmentsPlugin: Plugin = {
  settings: [AttachmentSettings, UploadSettings, S3Settings],
  extend({ endpoints, hooks, capabilities, healthChecks }, source) {
    const settings = readSettings(AttachmentSettings, source, { prefixes: [PREFIX] });
    const rules = UploadRules.read(source);
    const store = openStore(settings, source);
    const removal = new FileRemoval(store, rules);
    const isServed = settings.basePath !== '' && (settings.serve ?? settings.baseUrl === '');
    const baseUrl = withSlash(settings.baseUrl);
    hooks.add('attachments', new AttachmentHook(removal));
    endpoints.add('attachments', (parts) => {
      const access = new UploadAccess(parts);
      const attachment = new AttachmentEndpoint({ store, rules, removal, access, baseUrl }, parts.resource);
      return isServed ? [attachment, new FileEndpoint(store)] : [attachment];
    });
    capabilities.add('attachments', {
      description: 'Add file attachments to records',
      url: 'https://github.com/Kinto/kinto-attachment/',
      version: API_VERSION,
      base_url: withSlash(settings.extraBaseUrl) || baseUrl || (isServed ? servedUrl(source) : null),
    });
    const { readonly } = readSettings(ApiSettings, source);
    healthChecks.add('attachments', async () => readonly || (await isWritable(store)));
  },
};

/** @throws SettingsError when nobody says where files are to be kept */
function openStore({ basePath }: AttachmentSettings, source: SettingSource): AttachmentStore {
  const s3 = readSettings(S3Settings, source, { prefixes: [`${PREFIX}aws.`] });
  if (basePath !== '') return new LocalStore(basePath);
  if (s3.bucketName === '') {
    throw new SettingsError(`${PREFIX}base_path`, `is not set, and neither is ${PREFIX}aws.bucket_name`);
  }
  if (s3.accessKey === '' || s3.secretKey === '') {
    throw new SettingsError(`${PREFIX}aws.access_key, ${PREFIX}aws.secret_key`, 'are not both set');
  }
  return new S3Store(s3);
}

/** Relative to the server as long as it does not know its own name. */
function servedUrl(source: SettingSource): string {
  const { httpScheme, httpHost } = readSettings(ProjectSettings, source);
  return httpHost === '' ? SERVED_AT : `${httpScheme || 'http'}://${httpHost}${SERVED_AT}`;
}

function withSlash(url: string): string {
  return url === '' || url.endsWith('/') ? url : `${url}/`;
}

async function isWritable(store: AttachmentStore): Promise<boolean> {
  const name = await store.save(
    `heartbeat-test/${randomUUID()}.json`,
    Buffer.from('{"test": "write"}'),
    'application/json',
  );
  await store.remove(name);
  return true;
}
