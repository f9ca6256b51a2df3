/** An attribute that is a JSON Schema itself, as OpenAPI can say it: what else makes one is beyond its means. */
export const SCHEMA_ATTRIBUTE = {
  accepted: { type: 'object', description: 'A JSON Schema (draft 7) that others are checked against.' },
};
