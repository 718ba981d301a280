import type { Attack } from './attack.js';
import { bodies } from './bodies.js';
import { connects } from './connects.js';
import { fuzzing } from './fuzzing.js';
import { slowloris, slowreaders } from './slowloris.js';
import { sockets } from './sockets.js';
import { sqlmap } from './sqlmap.js';
import { wapiti } from './wapiti.js';

export const ATTACKS: readonly Attack[] = [fuzzing, sockets, slowloris, slowreaders, bodies, connects, sqlmap, wapiti];
