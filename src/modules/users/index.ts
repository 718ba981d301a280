export { UserView } from './dto/user.view.js';
export type { User } from './user.entity.js';
export { UsersModule } from './users.module.js';
export { type UserDetails, UsersRepository } from './users.repository.js';
