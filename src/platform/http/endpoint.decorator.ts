import { applyDecorators, HttpCode, HttpStatus, type Type } from '@nestjs/common';
import { ApiExtension, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { Refusal } from './refusals.js';

interface EndpointOptions {
  /** What the answer's body is; none for 204. */
  readonly returns?: Type<unknown> | [Type<unknown>];
  /** Or a text of a media type. */
  readonly returnsText?: { readonly type: string; readonly example: string };
  readonly status?: HttpStatus;
  /** A second status of success, such as 200 for what was there already. */
  readonly also?: { readonly status: HttpStatus; readonly description: string };
  /** Refusals of its own. Those that its kind of endpoint always can give are added where the document is made. */
  readonly errors?: readonly Refusal[];
  readonly description?: string;
  /** A body that works as it is, where the examples of the single fields do not make one. */
  readonly example?: object;
}

/** What the document is completed from; neither reaches callers. */
export const REFUSALS_OF = 'x-refusals';
export const EXAMPLE_OF = 'x-example';

/** What an endpoint is, for callers: its summary, what it answers and how it refuses. */
export function Endpoint(summary: string, options: EndpointOptions = {}): MethodDecorator {
  const {
    returns,
    returnsText,
    status = returns || returnsText ? HttpStatus.OK : HttpStatus.NO_CONTENT,
    also,
    errors,
    description,
    example,
  } = options;
  const text = returnsText && {
    content: { [returnsText.type]: { schema: { type: 'string' }, examples: { text: { value: returnsText.example } } } },
  };
  const body = returns ? { type: returns } : text || {};
  return applyDecorators(
    HttpCode(status),
    ApiOperation({ summary, ...(description && { description }) }),
    ApiResponse({ status, description: summary, ...body }),
    ...(also ? [ApiResponse({ ...also, ...body })] : []),
    ...(errors ? [ApiExtension(REFUSALS_OF, errors)] : []),
    ...(example ? [ApiExtension(EXAMPLE_OF, example)] : []),
  );
}
