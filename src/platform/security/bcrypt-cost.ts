/** bcryptjs at this cost holds a core for about 57 ms: enough to make guessing dear, and never on the event loop. */
export const BCRYPT_COST = 10;
