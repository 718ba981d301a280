/** Everything of the API is below it; what is at the root is the operator's. */
export const API_PREFIX = 'api/v1';
