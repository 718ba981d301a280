import type { Attack } from './attack.js';
import { bodies } from './bodies.js';
import { connects } from './connects.js';
import { fuzzing } from './fuzzing.js';
import { slowloris } from './slowloris.js';
import { sqlmap } from './sqlmap.js';
import { wapiti } from './wapiti.js';

export const ATTACKS: readonly Attack[] = [fuzzing, slowloris, bodies, connects, sqlmap, wapiti];
