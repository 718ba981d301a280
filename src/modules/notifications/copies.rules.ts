/** Further addresses of a mail. */
export interface Copies {
  readonly cc: readonly string[] | null;
  readonly bcc: readonly string[] | null;
  readonly replyTo: string | null;
  readonly from: string | null;
}

/** The further addresses without some; null when none of them is among these. */
export function copiesWithout(copies: Copies, addresses: readonly string[]): Partial<Copies> | null {
  const stays = (address: string): boolean => !addresses.includes(address.toLowerCase());
  const listed = (list: readonly string[] | null): readonly string[] => list?.filter(stays) ?? [];
  const [cc, bcc] = [listed(copies.cc), listed(copies.bcc)];
  const left = {
    ...(cc.length > 0 && { cc }),
    ...(bcc.length > 0 && { bcc }),
    ...(copies.replyTo !== null && stays(copies.replyTo) && { replyTo: copies.replyTo }),
    ...(copies.from !== null && stays(copies.from) && { from: copies.from }),
  };
  const all = [...(copies.cc ?? []), ...(copies.bcc ?? []), copies.replyTo, copies.from];
  return all.every((address) => address === null || stays(address)) ? null : left;
}
