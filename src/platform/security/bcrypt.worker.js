// Plain JavaScript: a worker thread loads this file by itself, before any TypeScript transform.
import { compareSync, hashSync } from 'bcryptjs';

/** @param {{ plain: string, hash: string }} task */
export const compare = ({ plain, hash }) => compareSync(plain, hash);

/** @param {{ plain: string, cost: number }} task */
export const hash = ({ plain, cost }) => hashSync(plain, cost);
