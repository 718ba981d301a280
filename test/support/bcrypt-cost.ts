/** Stands in for the service’s own in tests with servers: hashing is dear on purpose, and was up to a third of what a suite computed. */
export const BCRYPT_COST = 4;
