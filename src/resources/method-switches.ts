import type { SettingSource } from '../settings/settings.js';
import { readSettings, Setting } from '../settings/settings.js';
import { ApiError } from '../wire/api-error.js';
import type { ApiRequest } from './api-message.js';
import type { Endpoint } from './exchange.js';

/** Behind a prefix such as `plural_bucket_post_`. */
export class MethodSwitchSettings {
  @Setting({
    key: 'enabled',
    type: 'boolean',
    default: true,
    sentence:
      'Whether that method is there; each method of each resource, on its list and on its objects, has its own.',
  })
  isEnabled!: boolean;
}

/** @throws ApiError METHOD_NOT_ALLOWED with the methods that there are */
export function ensureMethod({ method }: ApiRequest, { methods }: Endpoint): void {
  if (!methods.includes(method)) throw new ApiError('METHOD_NOT_ALLOWED', { headers: { Allow: methods.join(', ') } });
}

const READING = ['GET', 'HEAD', 'OPTIONS'];

/** Which methods of the resources the settings have left (kinto-api.md, 14.2). */
export class MethodSwitches {
  /** @param readonly whether whatever writes is switched off */
  constructor(
    private readonly source: SettingSource,
    private readonly readonly: boolean,
  ) {}

  /** The endpoint without the methods that are switched off: they leave `Allow`, the preflight and the document. */
  applyTo(endpoint: Endpoint): Endpoint {
    const [, resource, kind] = /^(.+)-(plural|object)$/.exec(endpoint.name) ?? [];
    if (resource === undefined || kind === undefined) return endpoint;
    const methods = endpoint.methods.filter((method) => {
      return this.isOn(kind, resource, method) && (!this.readonly || READING.includes(method));
    });
    if (methods.length === endpoint.methods.length) return endpoint;
    return Object.create(endpoint, { methods: { value: methods, enumerable: true } }) as Endpoint;
  }

  /** HEAD goes with GET; only on a list it can be there alone, as in Kinto. */
  private isOn(kind: string, resource: string, method: string): boolean {
    if (method === 'OPTIONS') return true;
    if (method !== 'HEAD') return this.isEnabled(kind, resource, method);
    const own = this.isEnabled(kind, resource, 'HEAD');
    return this.isEnabled(kind, resource, 'GET') || (kind === 'plural' && own);
  }

  private isEnabled(kind: string, resource: string, method: string): boolean {
    const prefixes = [`${kind}_${resource}_${method.toLowerCase()}_`];
    return readSettings(MethodSwitchSettings, this.source, { prefixes }).isEnabled;
  }
}
