import type { RequestHeaders } from '../../auth/auth-policy.js';
import { credentialIn } from '../../auth/tickets.js';
import type { ApiRequest, ApiResponse } from '../../resources/api-message.js';
import { jsonAnswer } from '../../resources/endpoints/json-answer.js';
import { refusal } from '../../resources/authorization.js';
import type { PlainEndpoint } from '../../resources/exchange.js';
import { ApiError, invalidParameters } from '../../wire/api-error.js';
import type { JsonObject } from '../../wire/json.js';
import { channelOperations, userOperations } from './auth-operations.js';
import { fieldsOf, problem, readAuthRequest, type AuthRequest } from './auth-request.js';
import { DENIED, type DataChannels } from './data-channels.js';
import { isCallback, jsonpAnswer } from './jsonp.js';
import type { OperationDescriptions } from '../../resources/openapi/operation.js';
import type { AuthAddresses } from './auth-addresses.js';
import type { PusherAuthSettings } from './pusher-auth.settings.js';
import { AUTH_PATH, USER_AUTH_PATH } from './socket-details.js';
import type { Asker, Signer } from './signer.js';

abstract class AuthEndpoint {
  readonly usesStorage = false as const;

  exposedHeaders(): readonly string[] {
    return [];
  }
}

/** Where pusher-js asks whether it may subscribe (pusher-protocol.md, 4.3 and 4.4; seed-systems.md, 2.3). */
export class ChannelAuthEndpoint extends AuthEndpoint implements PlainEndpoint {
  readonly name: string = 'pusher-auth';
  readonly pattern: string = AUTH_PATH;
  readonly methods: readonly string[];
  operations: OperationDescriptions;

  constructor(
    private readonly signer: Signer,
    /** They are there once the server has started. */
    private readonly channels: () => DataChannels,
    private readonly settings: PusherAuthSettings,
  ) {
    super();
    this.methods = settings.jsonpEnabled ? ['GET', 'POST', 'OPTIONS'] : ['POST', 'OPTIONS'];
    this.operations = channelOperations(settings.jsonpEnabled);
  }

  async handle(request: ApiRequest): Promise<ApiResponse> {
    if (request.method === 'GET') return this.answerScript(request);
    return this.answerPost(request);
  }

  /** @param shown what counts where the headers show nothing */
  protected async answerPost(request: ApiRequest, shown?: RequestHeaders): Promise<ApiResponse> {
    const asked = readAuthRequest(fieldsOf(request), 'body', { maxChannels: this.settings.maxChannels });
    const own = credentialIn(request.headers);
    const asker = await this.signer.identify(own.authorization === undefined ? (shown ?? own) : own, asked);
    if (asked.isBatch) return jsonAnswer(200, await this.signBatch(asked, asker));
    return noStore(jsonAnswer(200, await this.sign(asked, asker)));
  }

  /**
   * For a script of a page on any domain: whatever its visitor's browser sends by itself does not count, or every page
   * could subscribe to what its visitors may read. A refusal is a signature that the server will refuse with a reason:
   * an error status would leave the page waiting for ever.
   */
  protected async answerScript({ queryString }: ApiRequest, shown: RequestHeaders = {}): Promise<ApiResponse> {
    const fields = [...new URLSearchParams(queryString)];
    const callback = fields.find(([name]) => name === 'callback')?.[1] ?? '';
    if (!isCallback(callback)) {
      throw invalidParameters([problem('querystring', 'callback', 'the name of a function is needed')]);
    }
    const asked = readAuthRequest(fields, 'querystring', { maxChannels: 1 });
    const asker = await this.signer.identify(shown, asked);
    const denied = asker.userId === undefined ? DENIED.noCredential : DENIED.noPermission;
    const signed = asker.userId === undefined ? undefined : await this.trySign(asked, asker, asked.channels[0]!);
    return jsonpAnswer(callback, signed ?? { auth: `${this.channels().app.key}:${denied}` });
  }

  private async sign(asked: AuthRequest, asker: Asker): Promise<JsonObject> {
    const signed = await this.trySign(asked, asker, asked.channels[0]!);
    if (signed === undefined) throw refusal({ identity: asker });
    return signed;
  }

  private async trySign({ socketId }: AuthRequest, asker: Asker, channel: string): Promise<JsonObject | undefined> {
    const signed = await this.signer.signChannel(this.channels(), asker, socketId, channel);
    return signed !== undefined && (await this.signer.spend(asker)) ? signed : undefined;
  }

  /** By channel, each with a status of its own. A ticket is spent once for all of them. */
  private async signBatch({ socketId, channels }: AuthRequest, asker: Asker): Promise<JsonObject> {
    const answers: [string, JsonObject][] = [];
    for (const channel of channels) {
      const data = await this.signer.signChannel(this.channels(), asker, socketId, channel);
      const refused = refusal({ identity: asker });
      answers.push([
        channel,
        data === undefined ? { status: refused.status, data: refused.body } : { status: 200, data },
      ]);
    }
    const isAnySigned = answers.some(([, { status }]) => status === 200);
    if (isAnySigned && !(await this.signer.spend(asker))) throw refusal({ identity: { userId: undefined } });
    return Object.fromEntries(answers);
  }
}

/** The same at an address of its own for each login, for pages that can say who they are in no other way. */
export class OwnAuthEndpoint extends ChannelAuthEndpoint {
  override readonly name: string = 'pusher-auth-own';
  override readonly pattern: string = `${AUTH_PATH}/{address}`;
  readonly pathParameters = { address: { description: 'As `auth_url` of the socket has it.' } };

  constructor(
    signer: Signer,
    channels: () => DataChannels,
    settings: PusherAuthSettings,
    private readonly addresses: AuthAddresses,
  ) {
    super(signer, channels, settings);
    this.operations = channelOperations(settings.jsonpEnabled, '_own');
  }

  override handle(request: ApiRequest, { address = '' }: Readonly<Record<string, string>> = {}): Promise<ApiResponse> {
    // One that is not known any more is nobody's: a page learns that from the socket.
    const shown = this.addresses.find(address) ?? {};
    return request.method === 'GET' ? this.answerScript(request, shown) : this.answerPost(request, shown);
  }
}

/** Where pusher-js asks for its sign-in. */
export class UserAuthEndpoint extends AuthEndpoint implements PlainEndpoint {
  readonly name = 'pusher-user-auth';
  readonly pattern = USER_AUTH_PATH;
  readonly methods = ['POST', 'OPTIONS'];
  readonly operations = userOperations();

  constructor(
    private readonly signer: Signer,
    private readonly channels: () => DataChannels,
  ) {
    super();
  }

  async handle(request: ApiRequest): Promise<ApiResponse> {
    const asked = readAuthRequest(fieldsOf(request), 'body', 'user');
    const asker = await this.signer.identify(credentialIn(request.headers), asked);
    // A ticket for some of the data is none for everything that a user may be told.
    const isWhole = asker.ticket === undefined || asker.ticket.scope.length === 0;
    if (asker.userId === undefined || !(await this.signer.spend(asker))) throw new ApiError('MISSING_AUTH_TOKEN');
    if (!isWhole) throw new ApiError('FORBIDDEN');
    return noStore(
      jsonAnswer(200, this.signer.signUser(this.channels(), { ...asker, userId: asker.userId }, asked.socketId)),
    );
  }
}

function noStore(answer: ApiResponse): ApiResponse {
  return { ...answer, headers: { ...answer.headers, 'Cache-Control': 'no-store' } };
}
