import { failure, type Finding, ok } from './finding.js';

export interface UnderKey {
  readonly kid: string | null;
  readonly count: number;
}

export interface SealedFacts {
  readonly what: string;
  readonly rows: readonly UnderKey[];
  /** One of them that is under a key of the ring, and did not open with it. */
  readonly isBroken: boolean;
}

const MISSING = 'Put the key that sealed them back into SECRET_KEY, behind the first: docs/deployment.md, “Rotating”.';

/** @param kids the names of the keys in `SECRET_KEY` */
export function keyFindings(
  sealed: readonly SealedFacts[],
  peppers: readonly UnderKey[],
  kids: readonly string[],
): Finding[] {
  const check = 'Key ring';
  const findings = sealed.flatMap(({ what, rows, isBroken }): Finding[] => {
    const lost = sum(rows.filter(({ kid }) => kid === null || !kids.includes(kid)));
    return [
      ...(lost > 0
        ? [failure(check, `${lost} ${what} are sealed under a key that SECRET_KEY does not list`, MISSING)]
        : []),
      ...(isBroken
        ? [
            failure(
              check,
              `${what} do not open`,
              'They were moved or changed in the database: restore them, or set them anew.',
            ),
          ]
        : []),
    ];
  });
  // Of keys from before this was noted nobody knows; they are noted when they are used.
  const dead = sum(peppers.filter(({ kid }) => kid !== null && !kids.includes(kid)));
  if (dead > 0)
    findings.push(failure(check, `${dead} API keys were hashed with a key that SECRET_KEY does not list`, MISSING));
  return findings.length > 0 ? findings : [ok(check, 'opens all that is sealed')];
}

const sum = (rows: readonly UnderKey[]): number => rows.reduce((total, { count }) => total + count, 0);
