import fc, { type Arbitrary } from 'fast-check';
import type { Json, Step } from '../step.js';

type Content = Pick<Step, 'raw' | 'headers'>;

const BOUNDARY = 'BoundaryOfTheForm';

interface Part {
  readonly name: string;
  readonly filename?: string;
  readonly type?: string;
  readonly text: string;
}

function formOf(parts: readonly Part[], contentType = `multipart/form-data; boundary=${BOUNDARY}`): Content {
  const written = parts.map(({ name, filename, type, text }) => {
    const file = filename === undefined ? '' : `; filename="${filename}"`;
    const typeLine = type === undefined ? '' : `Content-Type: ${type}\r\n`;
    return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n${typeLine}\r\n${text}\r\n`;
  });
  return { raw: `${written.join('')}--${BOUNDARY}--\r\n`, headers: [['Content-Type', contentType]] };
}

/** Names that differ in what becomes of them: extensions, characters, folders. */
const FILE_NAMES = [
  ...['a.txt', 'a.txt', 'b.txt', 'A.TXT', 'page.html', 'run.exe', 'data.json', 'none', 'two.tar.gz', 'key.pem'],
  ...['my file.txt', 'ünï.txt', '..txt', '../up.txt', 'C:\\\\dir\\\\a.txt', '.txt', 'a.b_c-d.txt', ' .txt'],
];

const TEXTS = ['hello\n', 'hello\n', '', 'é \u{1F600}', '0123456789', 'x'.repeat(200), 'line\r\nline\r\n\r\n'];

const TYPES = [
  undefined,
  'text/plain',
  'text/plain',
  'text/html; charset=utf-8',
  'application/octet-stream',
  'nonsense',
];

const file: Arbitrary<Part> = fc
  .tuple(fc.constantFrom(...FILE_NAMES), fc.constantFrom(...TEXTS), fc.constantFrom(...TYPES))
  .map(([filename, text, type]) => ({
    name: 'attachment',
    filename,
    text,
    ...(type === undefined ? {} : { type }),
  }));

const DATA: readonly Json[] = [
  {},
  { n: 1 },
  { n: 2, s: 'a' },
  { attachment: { filename: 'mine' } },
  { id: 'r1' },
  { id: 'other' },
  { last_modified: 1 },
];
const PERMISSIONS: readonly Json[] = [{}, { read: ['system.Everyone'] }, { write: ['{{user:bob}}'] }, { destroy: [] }];

const texts: Arbitrary<Part[]> = fc
  .tuple(
    fc.option(fc.constantFrom(...DATA), { freq: 2 }),
    fc.option(fc.constantFrom(...PERMISSIONS), { freq: 1, nil: null }),
  )
  .map(([data, permissions]) => [
    ...(data === null ? [] : [{ name: 'data', text: JSON.stringify(data) }]),
    ...(permissions === null ? [] : [{ name: 'permissions', text: JSON.stringify(permissions) }]),
  ]);

const A_FILE: Part = { name: 'attachment', filename: 'a.txt', type: 'text/plain', text: 'hello\n' };

const ODD: readonly Content[] = [
  formOf([]),
  formOf([{ name: 'attachment', text: 'no name' }]),
  formOf([{ name: 'attachment', filename: '', text: 'empty name' }]),
  formOf([{ name: 'data', text: '{}' }]),
  formOf([{ name: 'file', filename: 'a.txt', text: 'wrong field' }]),
  formOf([A_FILE, { name: 'data', text: '{' }]),
  formOf([A_FILE, { name: 'data', text: '' }]),
  formOf([A_FILE, { name: 'permissions', text: 'x' }]),
  formOf([A_FILE, { name: 'data', filename: 'data.json', text: '{}' }]),
  formOf([A_FILE, { name: 'other', text: '1' }]),
  formOf([A_FILE, { name: 'data', text: '{"n": 1}' }, { name: 'other', text: '1' }]),
  formOf([A_FILE], 'text/plain'),
  formOf([A_FILE], 'application/json'),
  formOf([A_FILE], 'multipart/form-data'),
  { raw: '{"data": {}}' },
  {},
];

/** What is posted to a record's attachment. */
export const uploads: Arbitrary<Content> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(file, texts).map(([part, more]) => formOf([part, ...more])) },
  { weight: 2, arbitrary: fc.constantFrom(...ODD) },
);
