import { ERRORS } from '../../wire/api-error.js';
import type { JsonObject } from '../../wire/json.js';
import { headersOf } from '../../resources/openapi/headers.js';
import type { OperationDescriptions, PathParameterDescription } from '../../resources/openapi/operation.js';
import type { OpenIdProvider } from './provider.js';

const TAG = 'OpenID';

const TEXT = { type: 'string', minLength: 1 };

export function providerParameter(providers: readonly OpenIdProvider[]): PathParameterDescription {
  const names = providers.map(({ name }) => name);
  return {
    description: 'An identity provider of the settings.',
    schema: names.length === 0 ? TEXT : { enum: names },
  };
}

/** @param longestCallback in characters */
export function loginOperations(
  providers: readonly OpenIdProvider[],
  { longestCallback, prompt }: { longestCallback: number; prompt: string },
): OperationDescriptions {
  const scopes = providers.map(({ name, settings }) => `${name}: \`${settings.allowedScopes.join(' ')}\``);
  return {
    GET: {
      id: 'openid_login',
      tag: TAG,
      summary: 'Where a login begins: sends the browser to the identity provider.',
      description: 'It is for a browser to go to, not for a script to ask. What comes of it goes to the callback.',
      parameters: [
        query('callback', 'Where the tokens are sent to, at the end of this URL. Not every URL is trusted.', {
          ...{ type: 'string', format: 'uri', pattern: '^https?:', maxLength: longestCallback },
          isRequired: true,
        }),
        query('scope', `What the tokens are good for, between spaces. There are, by provider: ${scopes.join('; ')}.`, {
          ...TEXT,
          isRequired: true,
        }),
        query('prompt', `\`${prompt}\`: the provider asks its user nothing; it fails if it would have to.`, {
          const: prompt,
        }),
      ],
      responses: { 307: redirect('At the provider.') },
      errors: [ERRORS.BACKEND.status],
    },
  };
}

export function tokenOperations(): OperationDescriptions {
  return {
    GET: {
      id: 'openid_token',
      tag: TAG,
      summary: 'Where the identity provider sends the browser back to.',
      description: 'It has either `code` or `error`, and it can be asked once.',
      parameters: [
        query('state', 'Tells which login it is.', { ...TEXT, isRequired: true }),
        query('code', 'What the provider gives tokens for.', TEXT),
        query('error', 'Why it gives none.', TEXT),
        query('error_description', 'The same for people.', TEXT),
        query('iss', 'Which provider it is.', TEXT),
      ],
      responses: {
        307: redirect('The callback; at its end, the provider’s answer in Base64, or `error` and `error_description`.'),
      },
      errors: [ERRORS.BACKEND.status],
    },
  };
}

function redirect(description: string) {
  return { description, headers: headersOf(['Location']) };
}

function query(
  name: string,
  description: string,
  { isRequired = false, ...schema }: JsonObject & { isRequired?: boolean },
): JsonObject {
  return { name, in: 'query', ...(isRequired ? { required: true } : {}), description, schema };
}
