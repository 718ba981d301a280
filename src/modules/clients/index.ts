export type { Client, ClientSettings, InactivityDays } from './client.entity.js';
export type { KeyWithClient } from './api-keys.repository.js';
export { ScopesExceeded } from './clients.errors.js';
export { ClientsModule } from './clients.module.js';
export { CLIENT_CHANGED, ClientsService, RESERVED_SLUGS } from './clients.service.js';
export { ClientsQuery, ClientView, declareLimitedChannels } from './dto/client.dto.js';
export { KeyPageView, KeyView } from './dto/key.dto.js';
export { KeyDirectory } from './key-directory.js';
export { type IssuedKey, KEY_EXPIRING, KEYS_REVOKED, KeysService } from './keys.service.js';
