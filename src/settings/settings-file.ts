import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { SettingsError } from './settings-error.js';

/** The file that the settings were read from, as it was then. */
export interface SettingsFile {
  /** As whoever started the server wrote it. */
  readonly path: string;
  /** SHA-256 of its bytes, in hexadecimal digits. */
  readonly hash: string;
  /** Local time in ISO 8601, without a zone. */
  readonly modified: string;
}

/** @throws SettingsError when there is no such file, or it is no UTF-8 */
export function readSettingsFile(path: string): { file: SettingsFile; text: string } {
  let bytes: Buffer;
  let modifiedNs: bigint;
  try {
    bytes = readFileSync(path);
    modifiedNs = statSync(path, { bigint: true }).mtimeNs;
  } catch (cause) {
    const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
    throw new SettingsError(path, code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`, { cause });
  }
  const hash = createHash('sha256').update(bytes).digest('hex');
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { file: Object.freeze({ path, hash, modified: localIso(modifiedNs / 1000n) }), text };
  } catch (cause) {
    throw new SettingsError(path, 'is not UTF-8 text', { cause });
  }
}

/** As Python's `isoformat()` writes it: microseconds, unless there are none. */
function localIso(microseconds: bigint): string {
  const date = new Date(Number(microseconds / 1000n));
  const pad = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  const fraction = String(microseconds % 1_000_000n).padStart(6, '0');
  return fraction === '000000' ? `${day}T${time}` : `${day}T${time}.${fraction}`;
}
