import { Busboy } from '@fastify/busboy';
import type { ApiRequest } from '../../resources/api-message.js';
import { ApiError, invalidParameters } from '../../wire/api-error.js';

/** A file as a form carries it. */
export interface PostedFile {
  readonly filename: string;
  readonly type: string;
  readonly content: Buffer;
}

export interface PostedForm {
  readonly file: PostedFile;
  /** `data` and `permissions`, as they were written. */
  readonly texts: ReadonlyMap<string, string>;
}

export const FORM_FILE = 'attachment';
export const FORM_TEXTS: readonly string[] = ['data', 'permissions'];

/** A form has three parts; a few more are read so that the refusal can name them. */
const LIMITS = { parts: 10, headerPairs: 50, headerSize: 16_384, fieldNameSize: 200 };

/**
 * Reads a form of Kinto's attachments: `attachment`, `data`, `permissions`. Of a part that is there twice, the last counts.
 *
 * @throws ApiError with Kinto's words for what is wrong with it
 */
export async function readForm({ headers, body }: ApiRequest): Promise<PostedForm> {
  const contentType = headers['content-type'] ?? '';
  if (!contentType.toLowerCase().startsWith('multipart/form-data')) {
    throw new ApiError('INVALID_FORM', { message: 'Content-Type should be multipart/form-data' });
  }
  const { files, texts } = await readParts(contentType, body ?? Buffer.alloc(0));
  const file = files.get(FORM_FILE);
  if (file === undefined) {
    if (texts.has(FORM_FILE)) throw problem('Filename is required.');
    throw new ApiError('INVALID_POSTED_FORM', { message: 'Attachment missing.' });
  }
  if (file.filename === '') throw problem('Filename is required.');
  for (const name of files.keys()) {
    if (FORM_TEXTS.includes(name)) throw posted(`'${name}' field should be passed as form data, not files`);
  }
  for (const name of [...texts.keys(), ...files.keys()]) {
    if (name !== FORM_FILE && !FORM_TEXTS.includes(name)) throw posted(`'${name}' not in ('data', 'permissions')`);
  }
  return { file, texts };
}

export function problem(description: string): ApiError {
  return invalidParameters([{ location: 'body', name: null, description }]);
}

export function posted(text: string): ApiError {
  return new ApiError('INVALID_POSTED_FORM', { message: `body: ${text}` });
}

interface Parts {
  readonly files: Map<string, PostedFile>;
  readonly texts: Map<string, string>;
}

function readParts(contentType: string, body: Buffer): Promise<Parts> {
  const parts: Parts = { files: new Map(), texts: new Map() };
  return new Promise((resolve, reject) => {
    const refuse = () => reject(new ApiError('INVALID_FORM', { message: 'Invalid multipart form.' }));
    let busboy;
    try {
      busboy = new Busboy({
        headers: { 'content-type': contentType },
        limits: { ...LIMITS, fieldSize: body.length, fileSize: body.length },
        // Whatever has a file name, be it an empty one; a Blob without one is a field.
        isPartAFile: (_name, _type, filename) => filename !== undefined,
      });
    } catch {
      refuse();
      return;
    }
    busboy.on('field', (name, value) => parts.texts.set(name, value));
    busboy.on('file', (name, stream, filename, _encoding, type) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => parts.files.set(name, { filename, type, content: Buffer.concat(chunks) }));
      stream.on('error', refuse);
    });
    busboy.on('partsLimit', refuse);
    busboy.on('error', refuse);
    busboy.on('finish', () => resolve(parts));
    busboy.end(body);
  });
}
