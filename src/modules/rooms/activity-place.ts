import { isUuid } from '../../platform/database/index.js';
import { decodeCursor, isTime } from '../../platform/http/index.js';

/** A place in a list sorted by activity. */
export interface ActivityPlace {
  readonly at: string;
  readonly id: string;
}

/** The place that a cursor names. */
export function activityPlace(cursor: string | undefined): ActivityPlace | null {
  if (!cursor) return null;
  const [at, id] = decodeCursor(cursor, [isTime, isUuid]);
  return { at: String(at), id: String(id) };
}
