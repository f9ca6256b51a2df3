import { recordDefinition } from '../../resources/kinto/records.js';
import { headersOf } from '../../resources/openapi/headers.js';
import { schemaName } from '../../resources/openapi/object-schemas.js';
import { FORM_TYPE } from '../../resources/openapi/operation-object.js';
import type { JsonSchema, OperationDescription, OperationDescriptions } from '../../resources/openapi/operation.js';
import { ifNoneMatch, PRECONDITIONS, parameterReferences } from '../../resources/openapi/parameters.js';
import { ERRORS } from '../../wire/api-error.js';
import type { JsonObject } from '../../wire/json.js';
import { FORM_FILE, FORM_TEXTS } from './form.js';

const TAG = 'Attachments';

const DESCRIBED_FILE: JsonObject = {
  filename: { type: 'string' },
  hash: { type: 'string', pattern: '^[0-9a-f]{64}$', description: 'SHA-256.' },
  mimetype: { type: 'string' },
  size: { type: 'integer', description: 'In bytes.' },
};

/** What a record says of its file. */
const ATTACHMENT: JsonSchema = {
  type: 'object',
  required: [...Object.keys(DESCRIBED_FILE), 'location'],
  properties: {
    ...DESCRIBED_FILE,
    location: { type: 'string', description: 'Its URL, or what is to be put after `base_url` of hello.' },
    original: {
      type: 'object',
      description: 'The same of the file that was sent, where what is kept is compressed.',
      required: Object.keys(DESCRIBED_FILE),
      properties: DESCRIBED_FILE,
      additionalProperties: false,
    },
  },
  additionalProperties: false,
};

/** The version is the record's. */
const VERSION = ['ETag', 'Last-Modified'];

const FORM: JsonObject = {
  required: true,
  content: {
    [FORM_TYPE]: {
      schema: {
        type: 'object',
        required: [FORM_FILE],
        properties: {
          [FORM_FILE]: {
            type: 'string',
            contentMediaType: 'application/octet-stream',
            description: 'The file, with its name.',
          },
          ...Object.fromEntries(FORM_TEXTS.map((name) => [name, partOfRecord(name)])),
        },
        additionalProperties: false,
      },
      encoding: Object.fromEntries(FORM_TEXTS.map((name) => [name, { contentType: 'application/json' }])),
    },
  },
};

/** `data` and `permissions` are what they are in JSON. */
function partOfRecord(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${schemaName(recordDefinition)}Input/properties/${name}` };
}

const COMMON = {
  tag: TAG,
  isProtected: true,
  parameters: parameterReferences(PRECONDITIONS),
  errors: [ERRORS.NOT_ACCEPTABLE, ERRORS.MODIFIED_MEANWHILE, ERRORS.BACKEND].map(({ status }) => status),
};

export function attachmentOperations(): OperationDescriptions {
  const attaching: Omit<OperationDescription, 'id'> = {
    ...COMMON,
    summary: 'Attaches a file to the record.',
    description:
      'A record that is not there is made; a file that it has already is replaced. `data` and `permissions` change the record as PATCH does.',
    requestBody: FORM,
    responses: {
      201: { description: 'The record is made.', headers: headersOf([...VERSION, 'Location']), schema: ATTACHMENT },
      200: { description: 'It is attached.', headers: headersOf([...VERSION, 'Location']), schema: ATTACHMENT },
    },
  };
  return {
    POST: { ...attaching, id: 'create_attachment' },
    PUT: { ...attaching, id: 'update_attachment' },
    DELETE: {
      ...COMMON,
      id: 'delete_attachment',
      summary: 'Takes the file away from the record.',
      responses: { 204: { description: 'The record’s `attachment` is null.', headers: headersOf(VERSION) } },
    },
  };
}

const FILE_TAG = { type: 'string', pattern: '^"[^"]*"$' };

export function fileOperations(): OperationDescriptions {
  const version = { ETag: { description: 'The version of the file.', schema: FILE_TAG } };
  return {
    GET: {
      id: 'get_attached_file',
      tag: TAG,
      summary: 'An attached file, for whoever knows its name.',
      parameters: [ifNoneMatch(FILE_TAG)],
      responses: {
        200: { description: 'The file.', headers: version, types: ['*/*'], schema: {} },
        304: { description: 'It is as the caller has it.', headers: version },
      },
    },
  };
}
