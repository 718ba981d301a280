export { AuthModule } from './auth.module.js';
export { StrangerBodies } from './stranger-bodies.guard.js';
