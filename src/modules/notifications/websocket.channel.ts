import {
  type Address,
  type Channel,
  DeliveryChannel,
  type Party,
  type WebsocketContent,
} from '../../extension/index.js';
import { WEBSOCKET_LIMITS, WebsocketContentFields } from './websocket.content.js';

/** To a user's sockets and inbox, or to the sockets in a room. The house delivers it itself. */
/** The channel that the house itself brings. */
export const IN_HOUSE_CHANNEL = 'websocket';

@DeliveryChannel({
  name: IN_HOUSE_CHANNEL,
  title: 'WebSocket',
  content: WebsocketContentFields,
  limits: WEBSOCKET_LIMITS,
})
export class WebsocketChannel implements Channel<WebsocketContent, never> {
  addressesOf({ userId, roomId, isOwnRoom }: Party): Address[] {
    if (userId !== undefined) return [{ recipient: userId }];
    return roomId !== undefined && isOwnRoom ? [{ recipient: roomId }] : [];
  }
}
