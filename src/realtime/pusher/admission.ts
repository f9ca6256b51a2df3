import { Injectable } from '@nestjs/common';
import type { JsonObject, JsonValue } from '../../wire/json.js';
import type { ChannelApp } from '../channel-app.js';
import type { Member } from '../presence.js';
import { RealtimeSettings } from '../realtime.settings.js';
import { whyNotSigned } from './authorization.js';
import { isPresence, kindOf, userChannel, type ChannelKind } from './channel-name.js';
import type { SubscriptionRefusal } from './messages.js';
import { memberOf, readMember, type User } from './user.js';

/** A connection that wants to subscribe to a channel of a legal name. */
export interface AdmissionRequest {
  readonly app: ChannelApp;
  readonly socketId: string;
  readonly channel: string;
  /** As the client sent it, still unchecked. */
  readonly auth: JsonValue | undefined;
  /** As above. */
  readonly channelData: JsonValue | undefined;
  /** Whom the connection is signed in as. */
  readonly user: User | undefined;
  /** Where the client was when it last heard of the channel, for rules that know what that means. */
  readonly position?: JsonValue | undefined;
}

/** May it subscribe? On presence channels, as whom. */
export type Verdict =
  { readonly member: Member | undefined; readonly welcome?: Welcome } | { readonly refused: SubscriptionRefusal };

/** What a rule has to say to somebody whom it admits to a channel without members. */
export interface Welcome {
  /** Goes out with the success of the subscription. */
  readonly data: JsonObject;
  /** Called right behind that: nothing that is published to the channel has come in between. */
  begin(): void;
}

/**
 * A further decision about some channels, asked before the protocol's own. Undefined: not its channel, so the next rule
 * decides, and in the end the kind of the channel. On a presence channel a verdict that admits names the member.
 *
 * A promise must settle. Until then the connection is not listened to; other connections are. One that is rejected
 * closes the connection with 1011.
 */
export type AdmissionRule = (request: AdmissionRequest) => Verdict | undefined | Promise<Verdict | undefined>;

type KindRule = (request: AdmissionRequest, settings: RealtimeSettings) => Verdict;

const ADMITTED: Verdict = { member: undefined };

/** Who may subscribe, kind by kind. A kind without a row does not compile. */
const KIND_RULES: Readonly<Record<ChannelKind, KindRule>> = {
  public: () => ADMITTED,
  cache: () => ADMITTED,
  private: admitSigned,
  'private-cache': admitSigned,
  'private-encrypted': admitSigned,
  'private-encrypted-cache': admitSigned,
  presence: admitMember,
  'presence-cache': admitMember,
  user: admitUser,
};

/** The one place that decides whether a connection may subscribe to a channel. */
@Injectable()
export class Admission {
  private readonly rules: AdmissionRule[] = [];
  private isSealed = false;

  constructor(private readonly settings: RealtimeSettings) {}

  /** Rules are asked in the order they were added. @throws Error when the server has started */
  add(rule: AdmissionRule): void {
    if (this.isSealed) throw new Error('A rule of admission was added after the start');
    this.rules.push(rule);
  }

  seal(): void {
    this.isSealed = true;
  }

  /** A promise only when a rule needs time: what can be decided at once is. */
  decide(request: AdmissionRequest): Verdict | Promise<Verdict> {
    return this.decideFrom(0, request);
  }

  private decideFrom(start: number, request: AdmissionRequest): Verdict | Promise<Verdict> {
    for (let index = start; index < this.rules.length; index += 1) {
      const verdict = this.rules[index]?.(request);
      if (verdict instanceof Promise) return verdict.then((later) => later ?? this.decideFrom(index + 1, request));
      if (verdict !== undefined) return verdict;
    }
    return KIND_RULES[kindOf(request.channel)](request, this.settings);
  }
}

/**
 * The app has signed it. Channel data is part of the signed text on every kind of channel that has it: server libraries
 * append it to all (pusher-protocol.md, 2.3).
 */
function admitSigned({ app, socketId, channel, auth, channelData }: AdmissionRequest): Verdict {
  if (!isAbsent(channelData) && typeof channelData !== 'string') return refuse('channel_data is not a text.');
  const text = isAbsent(channelData) ? `${socketId}:${channel}` : `${socketId}:${channel}:${channelData}`;
  const unsigned = whyNotSigned(text, auth, app);
  return unsigned === undefined ? ADMITTED : refuse(unsigned);
}

/** The signature is looked at first: what nobody answers for is not even parsed. */
function admitMember(request: AdmissionRequest, settings: RealtimeSettings): Verdict {
  const { channelData, user } = request;
  const signed = admitSigned(request);
  if ('refused' in signed) return signed;
  if (typeof channelData === 'string' && channelData !== '') return asVerdict(readMember(channelData, settings));
  if (user !== undefined) return asVerdict(memberOf(user, settings));
  return refuse('A presence channel needs channel_data with a user_id, or a connection that is signed in.');
}

function admitUser({ channel, user }: AdmissionRequest): Verdict {
  if (user !== undefined && userChannel(user.id) === channel) return ADMITTED;
  return refuse("A user's channel is for connections that are signed in as this user.");
}

function asVerdict(member: Member | { readonly refused: SubscriptionRefusal }): Verdict {
  return 'refused' in member ? member : { member };
}

function isAbsent(channelData: JsonValue | undefined): channelData is undefined | null | '' {
  return channelData === undefined || channelData === null || channelData === '';
}

function refuse(error: string): Verdict {
  return { refused: { type: 'AuthError', error, status: 401 } };
}

/** Whether a client that was admitted to the channel has shown that the app knows it. */
export function provesAuthorization(channel: string): boolean {
  return isPresence(channel) || channel.startsWith('private-');
}
