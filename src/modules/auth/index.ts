export { AuthModule } from './auth.module.js';
export { Door } from './door.guard.js';
