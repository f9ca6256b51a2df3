import { Injectable, type CanActivate } from '@nestjs/common';
import { Connections } from '../connections.js';
import { Elsewhere } from '../nodes/elsewhere.js';
import { ChannelsApiError } from './channels-api-error.js';

/**
 * Takes no event for which there is nobody any more: its publisher would never learn that it has reached no one. While a
 * stopping server still has connections, or there are other servers, what is published goes to those.
 */
@Injectable()
export class PublishingGuard implements CanActivate {
  constructor(
    private readonly connections: Connections,
    private readonly elsewhere: Elsewhere,
  ) {}

  canActivate(): boolean {
    if (!this.connections.haveLeft || this.elsewhere.teller !== undefined) return true;
    throw new ChannelsApiError(503, 'The server is stopping, please publish again.');
  }
}
