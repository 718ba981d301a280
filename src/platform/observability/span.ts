import { AsyncLocalStorage } from 'node:async_hooks';

export type SpanAttributes = Readonly<Record<string, string | number>>;
/** Of OpenTelemetry's: `internal` is our own, `client` a call of another system. */
export type InnerKind = 'internal' | 'client';

/** A span that is under way. */
export interface OpenSpan {
  /** Of what is caused from here on: https://www.w3.org/TR/trace-context/#traceparent-header */
  readonly traceparent: string;
  note(attributes: SpanAttributes): void;
  fail(error: unknown): void;
  end(): void;
  /** Begins another within it. */
  inner(name: string, kind: InnerKind, attributes: SpanAttributes): OpenSpan;
}

const active = new AsyncLocalStorage<OpenSpan>();

/**
 * The trace that this is done in, for what goes on elsewhere or later; null in none. To be asked for where a wish is made:
 * what a group commit writes runs in the context of whoever came first.
 */
export const currentTraceparent = (): string | null => active.getStore()?.traceparent ?? null;

/** Runs within a span, which ends with it. */
export async function within<T>(span: OpenSpan, run: () => Promise<T>): Promise<T> {
  try {
    return await active.run(span, run);
  } catch (error) {
    span.fail(error);
    throw error;
  } finally {
    span.end();
  }
}

/** The same for what says by itself when it ends. */
export const enter = (span: OpenSpan, run: () => void): void => active.run(span, run);

/**
 * Runs as a span of the trace it is done in; where there is none, or nobody traces, it only runs.
 * @param run may note on its span what came of it; never what people wrote, or who they are
 */
export function inSpan<T>(
  name: string,
  kind: InnerKind,
  attributes: SpanAttributes,
  run: (note: (attributes: SpanAttributes) => void) => Promise<T>,
): Promise<T> {
  const outer = active.getStore();
  if (!outer) return run(NOTHING);
  const span = outer.inner(name, kind, attributes);
  return within(span, () => run((more) => span.note(more)));
}

const NOTHING = (): void => undefined;
