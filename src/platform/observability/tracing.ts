import { randomUUID } from 'node:crypto';
import type * as Api from '@opentelemetry/api';
import type { Context, Span, Tracer } from '@opentelemetry/api';
import type { TracerProvider } from '@opentelemetry/sdk-trace';
import type { Request, RequestHandler } from 'express';
import { type ResolvedEnv, VERSION } from '../../config/index.js';
import { requestIdOf, routeOf } from '../http/index.js';
import type { AuthenticatedRequest } from '../security/index.js';
import { enter, type InnerKind, type OpenSpan, type SpanAttributes, within } from './span.js';

/** What `tracing.ts` needs of OpenTelemetry, once it is loaded. */
interface Otel {
  readonly api: typeof Api;
  readonly provider: TracerProvider;
  readonly tracer: Tracer;
}

type Noted = Request & AuthenticatedRequest;

const TRACES_PATH = '/v1/traces';
const FLUSH_MS = 2_000;
/** Later versions begin as the first one does, and may say more behind it. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;

/**
 * OpenTelemetry's traces, when `OTEL_EXPORTER_OTLP_ENDPOINT` says where to; without it OpenTelemetry is not even loaded. Spans
 * are begun by hand in few places: nothing hooks into Node or libraries, which would cost on every call and see what is sent.
 */
export class Tracing {
  private constructor(private readonly otel?: Otel) {}

  static off(): Tracing {
    return new Tracing();
  }

  static async to(env: ResolvedEnv): Promise<Tracing> {
    const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = env;
    if (!endpoint) return Tracing.off();
    const [api, sdk, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
    const exporter = new OTLPTraceExporter({
      url: `${endpoint.replace(/\/+$/, '')}${TRACES_PATH}`,
      headers: headersOf(env.OTEL_EXPORTER_OTLP_HEADERS),
    });
    const provider = new sdk.TracerProvider({
      resource: resourceFromAttributes({
        'service.name': env.OTEL_SERVICE_NAME,
        'service.version': VERSION,
        'service.instance.id': randomUUID(),
        'chatapi.role': env.ROLE,
      }),
      sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(env.OTEL_TRACES_SAMPLER_ARG) }),
      spanProcessors: [new sdk.BatchSpanProcessor({ exporter, scheduledDelayMillis: env.OTEL_BSP_SCHEDULE_DELAY })],
    });
    return new Tracing({ api, provider, tracer: provider.getTracer('chatapi') });
  }

  /** Runs every request as a span, which goes on with the trace of its caller. None when nobody traces. */
  get handlers(): RequestHandler[] {
    const { otel } = this;
    if (!otel) return [];
    return [
      (request, response, next) => {
        const span = this.open(otel, request.method, 'SERVER', request.headers.traceparent);
        response.once('close', () => {
          noteRequest(span, request, response.statusCode);
          span.end();
        });
        enter(span, next);
      },
    ];
  }

  /** Runs as a span of the trace that it was caused in. */
  continued<T>(
    name: string,
    traceparent: string | null,
    attributes: SpanAttributes,
    run: () => Promise<T>,
  ): Promise<T> {
    if (!this.otel) return run();
    const span = this.open(this.otel, name, 'CONSUMER', traceparent ?? undefined);
    span.note(attributes);
    return within(span, run);
  }

  /** Resolves when what has ended is on its way, or after two seconds. */
  async close(): Promise<void> {
    if (!this.otel) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, FLUSH_MS)));
    await Promise.race([this.otel.provider.shutdown().catch(() => undefined), late]).finally(() => clearTimeout(timer));
  }

  private open(otel: Otel, name: string, kind: 'SERVER' | 'CONSUMER', traceparent: unknown): OpenSpanOf {
    const { api, tracer } = otel;
    const parent = parentOf(otel, traceparent);
    return new OpenSpanOf(otel, tracer.startSpan(name, { kind: api.SpanKind[kind] }, parent), parent);
  }
}

class OpenSpanOf implements OpenSpan {
  readonly traceparent: string;

  constructor(
    private readonly otel: Otel,
    private readonly span: Span,
    private readonly parent: Context,
  ) {
    const { traceId, spanId, traceFlags } = span.spanContext();
    this.traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  }

  rename(name: string): void {
    this.span.updateName(name);
  }

  note(attributes: SpanAttributes): void {
    this.span.setAttributes(attributes);
  }

  /** Its name alone: a message may hold what people wrote. */
  fail(error?: unknown): void {
    this.span.setStatus({ code: this.otel.api.SpanStatusCode.ERROR });
    if (error instanceof Error) this.span.setAttribute('error.type', error.name);
  }

  end(): void {
    this.span.end();
  }

  inner(name: string, kind: InnerKind, attributes: SpanAttributes): OpenSpan {
    const { api, tracer } = this.otel;
    const here = api.trace.setSpan(this.parent, this.span);
    const options = { kind: kind === 'client' ? api.SpanKind.CLIENT : api.SpanKind.INTERNAL, attributes };
    return new OpenSpanOf(this.otel, tracer.startSpan(name, options, here), here);
  }
}

function parentOf({ api }: Otel, traceparent: unknown): Context {
  const [, version, traceId, spanId, flags] = (typeof traceparent === 'string' && TRACEPARENT.exec(traceparent)) || [];
  if (!traceId || !spanId || !flags || (version === '00' && String(traceparent).length > 55)) return api.ROOT_CONTEXT;
  const traceFlags = parseInt(flags, 16) & api.TraceFlags.SAMPLED;
  return api.trace.setSpanContext(api.ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

/** The route's pattern, never the address: that may hold what people are called. */
function noteRequest(span: OpenSpanOf, request: Noted, status: number): void {
  const { method, principal } = request;
  const route = routeOf(request);
  span.rename(`${method} ${route}`);
  span.note({
    ...{ 'http.request.method': method, 'http.route': route, 'http.response.status_code': status },
    'chatapi.request_id': requestIdOf(request),
    ...(principal && { 'chatapi.client_id': principal.clientId }),
  });
  if (status >= 500) span.fail();
}

/** `name=value` pairs, percent-encoded: https://opentelemetry.io/docs/specs/otel/protocol/exporter/ */
const headersOf = (text = ''): Record<string, string> =>
  Object.fromEntries(
    text
      .split(',')
      .map((pair) => pair.split(/=(.*)/s).map((part) => decodeURIComponent(part.trim())))
      .filter(([name, value]) => name && value !== undefined)
      .map(([name = '', value = '']) => [name, value]),
  );
