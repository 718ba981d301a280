/** A language tag of BCP 47, such as `en-GB`. */
export function isLocale(value: unknown): boolean {
  return succeeds(() => typeof value === 'string' && Intl.getCanonicalLocales(value).length === 1);
}

/** A zone of the IANA database, such as `Europe/Paris`: an offset would not know of summer. */
export function isTimeZone(value: unknown): boolean {
  return succeeds(
    () =>
      typeof value === 'string' &&
      !/^[+-]/.test(value) &&
      new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone !== '',
  );
}

function succeeds(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

/** How a user can be reached. */
export interface Reached {
  readonly email: string | null;
  readonly phone: string | null;
}

/** In lower case: mail servers take `Ann@` for `ann@`. */
export const addressesOf = ({ email, phone }: Reached): string[] =>
  [email, phone].flatMap((address) => address?.toLowerCase() ?? []);
