type Said = Readonly<Record<string, unknown>>;

interface Naming {
  readonly resourceType: string;
  readonly resourceId: string | null;
  readonly userId: string | null;
  readonly before: Said | null;
  readonly after: Said | null;
}

export interface Forgotten {
  readonly userId: string;
  /** What names the person, the id among it; compared without regard to case. */
  readonly names: readonly string[];
  readonly pseudonym: string;
}

/** Whether it is about the person alone: themselves, or a key of theirs. */
const isAbout = ({ resourceType, resourceId, before, after }: Naming, { userId }: Forgotten): boolean =>
  (resourceType === 'user' && resourceId === userId) ||
  (resourceType === 'key' && [before, after].some((said) => said?.userId === userId));

/** Without the person: what is about them alone has nothing left to say but that it was done. */
export function forgotten<Row extends Naming>(row: Row, person: Forgotten): Row {
  const { userId, names, pseudonym } = person;
  const lower = new Set(names.map((name) => name.toLowerCase()));
  const other = <Id extends string | null>(id: Id): Id | string => (id === userId ? pseudonym : id);
  const said = (value: Said | null) =>
    value === null || isAbout(row, person) ? null : (renamed(value, lower, pseudonym) as Said);
  return {
    ...row,
    resourceId: other(row.resourceId),
    userId: other(row.userId),
    before: said(row.before),
    after: said(row.after),
  };
}

function renamed(value: unknown, names: ReadonlySet<string>, pseudonym: string): unknown {
  if (typeof value === 'string') return names.has(value.toLowerCase()) ? pseudonym : value;
  if (Array.isArray(value)) return value.map((one) => renamed(one, names, pseudonym));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([field, one]) => [field, renamed(one, names, pseudonym)]));
}
