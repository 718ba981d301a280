export type { Device } from './device.js';
export { DeviceAddresses } from './device-addresses.js';
export {
  type DataSubject,
  ERASED_AT_ONCE,
  type Erasure,
  everyRow,
  PersonalData,
  type PersonalDataPart,
  untilNothingIsLeft,
} from './personal-data.js';
export type { PreferredChannel, Preferences, QuietHours } from './preferences.js';
export { PreferencesRepository } from './preferences.repository.js';
export { isPseudonym, PSEUDONYM_PATTERN } from './pseudonym.js';
export { UserView } from './dto/user.view.js';
export type { User } from './user.entity.js';
export { UsersService } from './users.service.js';
export { UsersModule } from './users.module.js';
export { type UserDetails, UsersRepository } from './users.repository.js';
