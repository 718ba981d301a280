import { Int, Text } from '../../../platform/http/index.js';

export const TOLERANCE_SECONDS = 300;
export const SECRET_MAX = 500;

/** What `verification` has for every scheme; the scheme's own settings stand beside it. */
export class VerificationFields {
  @Text({ min: 1, max: 40, example: 'stripe', description: 'The name of an installed scheme' })
  readonly scheme: string;
  @Text({ min: 1, max: SECRET_MAX, optional: true, description: 'Made when absent, where the scheme can' })
  readonly secret?: string;
  @Int({
    min: 1,
    max: 86_400,
    optional: true,
    default: TOLERANCE_SECONDS,
    example: TOLERANCE_SECONDS,
    description: 'How far a signed time may be from now, before it and after',
  })
  readonly toleranceSeconds: number = TOLERANCE_SECONDS;
}
