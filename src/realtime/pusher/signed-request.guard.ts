import { createParamDecorator, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ChannelApps, type ChannelApp } from '../channel-app.js';
import { RealtimeSettings } from '../realtime.settings.js';
import { ChannelsApiError } from './channels-api-error.js';
import { parseQuery } from './query.js';
import { verifySignature } from './signature.js';

/** A request whose signature was found right. */
export interface SignedCall {
  readonly app: ChannelApp;
  /** The query, names in lower case, values decoded. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** Kept beside the requests, so that nothing has to be written onto them. */
const CALLS = new WeakMap<object, SignedCall>();

/** Lets a request through that its app has signed: 404 for an unknown app, 401 for anything wrong with the signature. */
@Injectable()
export class SignedRequestGuard implements CanActivate {
  constructor(
    private readonly apps: ChannelApps,
    private readonly settings: RealtimeSettings,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest<{ Params: { id?: string } }>>();
    const app = this.appOf(request);
    const body = bodyOf(request);
    const verdict = verifySignature({ method: request.method, url: request.raw.url ?? '/', body }, app, {
      now: Date.now() / 1000,
      tolerance: this.settings.signatureTolerance,
    });
    if ('refused' in verdict) throw new ChannelsApiError(401, verdict.refused);
    CALLS.set(request, { app, parameters: verdict.parameters, body });
    return true;
  }

  /** @throws ChannelsApiError 404, or, where the path names no app, 401 */
  private appOf({ params: { id }, raw }: FastifyRequest<{ Params: { id?: string } }>): ChannelApp {
    if (id !== undefined) {
      const app = this.apps.findById(id);
      if (app === undefined) throw new ChannelsApiError(404, 'No app has this id.');
      return app;
    }
    const app = this.apps.findByKey(parseQuery(raw.url?.split('?', 2)[1] ?? '')?.get('auth_key') ?? '');
    if (app === undefined) throw new ChannelsApiError(401, 'auth_key is not a key of any app.');
    return app;
  }
}

/** The signed call a handler serves, behind the guard. */
export const Signed = createParamDecorator((_: unknown, context: ExecutionContext): SignedCall => {
  const call = CALLS.get(context.switchToHttp().getRequest<FastifyRequest>());
  if (call === undefined) throw new Error('The route is not guarded by SignedRequestGuard');
  return call;
});

function bodyOf({ body }: FastifyRequest): Buffer {
  if (body === undefined || body === null) return Buffer.alloc(0);
  // The signature covers the bytes; a body that was parsed on its way here could never be verified.
  if (!Buffer.isBuffer(body)) throw new Error('The channels API needs request bodies as raw buffers');
  return body;
}
