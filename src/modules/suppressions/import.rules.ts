import type { InputFault } from '../../platform/errors/index.js';
import { type CsvLine, csvLines } from './csv.rules.js';
import { SUPPRESSION_REASONS, type SuppressionReason } from './suppressions.rules.js';

/** One call's worth. */
export const IMPORT_MAX = 10_000;
export const CSV_COLUMNS = ['channel', 'address', 'reason'] as const;
type Column = (typeof CSV_COLUMNS)[number];

/** As a caller gave it, with the place where. */
export interface GivenSuppression extends Readonly<Record<Column, string>> {
  /** A pointer to it, `/suppressions/3` or `/lines/4`; empty for the body itself. */
  readonly at: string;
}

export interface CheckedSuppression {
  readonly channel: string;
  readonly address: string;
  readonly reason: SuppressionReason;
}

/** What is known of channels. */
export interface Forms {
  isChannel(name: string): boolean;
  of(channel: string, address: string): string | null;
}

export interface Checked {
  readonly sound: readonly CheckedSuppression[];
  readonly faults: readonly InputFault[];
}

/** What may be stored, and every fault of what may not. */
export function checked(given: readonly GivenSuppression[], forms: Forms): Checked {
  const faults: InputFault[] = [];
  const sound = given.flatMap((one): CheckedSuppression[] => {
    const reason = SUPPRESSION_REASONS.find((known) => known === one.reason);
    const address = forms.isChannel(one.channel) ? forms.of(one.channel, one.address) : null;
    if (reason !== undefined && address !== null) return [{ channel: one.channel, address, reason }];
    faults.push(
      ...faultsOf(one, { hasReason: reason !== undefined, hasChannel: forms.isChannel(one.channel), address }),
    );
    return [];
  });
  return { sound, faults };
}

function faultsOf(
  { at, channel }: GivenSuppression,
  found: { readonly hasReason: boolean; readonly hasChannel: boolean; readonly address: string | null },
): InputFault[] {
  const faults: InputFault[] = [];
  if (!found.hasChannel)
    faults.push({ pointer: `${at}/channel`, code: 'unknown_channel', message: 'channel names none of the channels' });
  else if (found.address === null)
    faults.push({
      pointer: `${at}/address`,
      code: 'invalid_address',
      message: `address is none of channel ${channel}`,
    });
  if (!found.hasReason)
    faults.push({
      pointer: `${at}/reason`,
      code: 'unknown_reason',
      message: `reason must be one of ${SUPPRESSION_REASONS.join(', ')}`,
    });
  return faults;
}

/** The lines of a CSV text by the names in its first; other columns, as an export has them, are not looked at. */
export function readCsv(text: string): { given: GivenSuppression[]; faults: InputFault[] } {
  const faults: InputFault[] = [];
  const given: GivenSuppression[] = [];
  let places: Record<Column, number> | null = null;
  for (const read of csvLines(text)) {
    const { line, cells } = read;
    if (cells === null)
      faults.push({ pointer: `/lines/${line}`, code: 'unclosed_quote', message: 'a quote is not closed' });
    else if (places === null) {
      places = placesIn(cells);
      const missing = CSV_COLUMNS.filter((name) => places?.[name] === -1);
      if (missing.length > 0) return { given: [], faults: missing.map((name) => missingColumn(line, name)) };
    } else given.push(givenIn(read, cells, places));
    if (given.length > IMPORT_MAX) return { given: [], faults: [tooMany()] };
  }
  return places === null && faults.length === 0
    ? { given, faults: CSV_COLUMNS.map((name) => missingColumn(1, name)) }
    : { given, faults };
}

const tooMany = (): InputFault => ({
  pointer: '',
  code: 'too_many',
  message: `An import has at most ${IMPORT_MAX} lines`,
});

const missingColumn = (line: number, name: string): InputFault => ({
  pointer: `/lines/${line}`,
  code: 'missing_column',
  message: `The first line names no column ${name}`,
});

const placesIn = (cells: readonly string[]): Record<Column, number> => {
  const names = cells.map((cell) => cell.trim().toLowerCase());
  return { channel: names.indexOf('channel'), address: names.indexOf('address'), reason: names.indexOf('reason') };
};

const givenIn = ({ line }: CsvLine, cells: readonly string[], places: Record<Column, number>): GivenSuppression => ({
  at: `/lines/${line}`,
  channel: cells[places.channel]?.trim() ?? '',
  address: cells[places.address]?.trim() ?? '',
  reason: cells[places.reason]?.trim() ?? '',
});
