import { randomUUID } from 'node:crypto';
import { SettingsError } from '../../settings/settings.js';
import type { UploadSettings } from './attachments.settings.js';

/** Kinto's groups of extensions (kinto-attachment 8.0, `extensions`). */
const GROUPS: Readonly<Record<string, readonly string[]>> = (() => {
  const documents = words('pdf rtf odf ods gnumeric abw doc docx xls xlsx');
  const text = ['txt'];
  const images = words('jpg jpe jpeg png gif svg bmp tiff');
  const data = words('csv ini json plist xml yaml yml');
  return {
    documents,
    text,
    images,
    data,
    audio: words('wav mp3 aac ogg oga flac'),
    video: words('mpeg 3gp avi divx dvr flv mp4 wmv'),
    scripts: words('js php pl py rb sh'),
    archives: words('gz bz2 zip tar tgz txz 7z'),
    executables: words('so exe dll'),
    default: [...documents, ...text, ...images, ...data],
    any: [],
  };
})();

const OWN_TYPES = { '.pem': 'application/x-pem-file', '.geojson': 'application/geojson' };

/** What a record is called in the patterns of the settings. */
export interface RecordIds {
  readonly bucket_id: string;
  readonly collection_id: string;
  readonly id: string;
}

/** How files are named, and which are taken. Everything in the settings that could fail for a file fails here. */
export class FileNames {
  /** Empty: any. */
  private readonly extensions: ReadonlySet<string>;
  private readonly types: ReadonlyMap<string, string>;

  /**
   * @param prefix of the settings' keys
   * @throws SettingsError
   */
  constructor(
    private readonly settings: UploadSettings,
    prefix: string,
  ) {
    const { extensions, mimetypes, folder, filenamePattern } = settings;
    this.extensions = new Set(
      extensions.split('+').flatMap((group) => {
        const known = Object.hasOwn(GROUPS, group) ? GROUPS[group] : undefined;
        return known ?? words(group.toLowerCase()).map((extension) => extension.replace(/^\./, ''));
      }),
    );
    this.types = new Map([...Object.entries(OWN_TYPES), ...readTypes(mimetypes, `${prefix}mimetypes`)]);
    ensurePattern(folder, ['bucket_id', 'collection_id', 'id'], `${prefix}folder`);
    ensurePattern(filenamePattern, ['datetime', 'rid', 'filename'], `${prefix}filename_pattern`);
    if (filenamePattern.includes('/')) throw new SettingsError(`${prefix}filename_pattern`, 'expected no slash');
  }

  isTaken(filename: string): boolean {
    return this.extensions.size === 0 || this.extensions.has(extensionOf(filename).slice(1));
  }

  /** @param claimed by the client; what is no media type is none */
  typeOf(filename: string, claimed: string): string {
    const type = this.types.get(extensionOf(filename)) ?? claimed;
    return MEDIA_TYPE.test(type) ? type : 'application/octet-stream';
  }

  /** Where in the store the file belongs. */
  nameOf(filename: string, ids: RecordIds, now: Date): string {
    const { randomize, filenamePattern, folder } = this.settings;
    const own = randomize ? randomUUID() + plain(extensionOf(filename)) : plain(filename);
    const named =
      filenamePattern === ''
        ? own
        : fill(filenamePattern, { datetime: stamp(now), rid: ids.id, filename: own }).replace(/^\.+/, '');
    const path = fill(folder, { ...ids }).replace(/^\/+|\/+$/g, '');
    return path === '' ? named : `${path}/${named}`;
  }
}

const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/i;

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/** In lower case, with its dot. */
function extensionOf(filename: string): string {
  return /[^.](\.[^./\\]+)$/.exec(filename)?.[1]?.toLowerCase() ?? '';
}

/** Longer names do not fit into most file systems, once numbered. */
const LONGEST_NAME = 200;

/** ASCII without anything that a shell, a URL or a file system has its own ideas of; never empty, never hidden. */
function plain(filename: string): string {
  const ascii = filename
    .normalize('NFKD')
    .replace(/[\s/\\]+/g, '_')
    .replace(/[^A-Za-z0-9_.-]/g, '');
  const extension = /\.[A-Za-z0-9]+$/.exec(ascii)?.[0] ?? '';
  if (filename.startsWith('.') && extension === ascii) return extension;
  const stem = ascii.slice(0, ascii.length - extension.length).replace(/^[._]+|[._]+$/g, '');
  return (stem === '' ? 'file' : stem.slice(0, LONGEST_NAME)) + extension.slice(0, 20);
}

function stamp(now: Date): string {
  return now.toISOString().replace(/\D/g, '').slice(0, 14);
}

function fill(pattern: string, values: Readonly<Record<string, string>>): string {
  return pattern.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
}

function ensurePattern(pattern: string, names: readonly string[], key: string): void {
  const rest = pattern.replace(new RegExp(`\\{(${names.join('|')})\\}`, 'g'), 'x');
  if (/[{}]/.test(rest)) throw new SettingsError(key, `expected no placeholders but {${names.join('}, {')}}`);
  if (rest.split('/').some((segment) => segment.startsWith('.') || segment.includes('\\'))) {
    throw new SettingsError(key, 'expected a path below the folder of all files');
  }
}

function readTypes(text: string, key: string): [string, string][] {
  return text
    .split(';')
    .filter((entry) => entry.trim() !== '')
    .map((entry) => {
      const [, extension, type] = /^\s*(\.[^:\s]+)\s*:\s*(\S+)\s*$/.exec(entry) ?? [];
      if (extension !== undefined && type !== undefined && MEDIA_TYPE.test(type))
        return [extension.toLowerCase(), type];
      throw new SettingsError(key, `expected entries such as .ftl:application/vnd.fluent, not ${entry.trim()}`);
    });
}
