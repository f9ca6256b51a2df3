/** An attribute that is a JSON Schema itself, as the OpenAPI document says it; which patterns it may have, it cannot. */
export const SCHEMA_ATTRIBUTE = {
  accepted: {
    type: 'object',
    $ref: '#/components/schemas/JsonSchema',
    description: 'A JSON Schema (draft 7) that others are checked against.',
  },
};
