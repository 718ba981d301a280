import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { Response } from 'express';
import { map, type Observable } from 'rxjs';

/** A body with the status the service decided on: 201 for the first, 200 for what was there already. */
export class Answer<T> {
  constructor(
    readonly status: number,
    readonly body: T,
    readonly replayed = false,
  ) {}
}

@Injectable()
export class AnswerInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      map((value: unknown) => {
        if (!(value instanceof Answer)) return value;
        const response = context.switchToHttp().getResponse<Response>();
        response.status(value.status);
        if (value.replayed) response.setHeader('Idempotency-Replayed', 'true');
        return value.body as unknown;
      }),
    );
  }
}

/** A POST that creates: takes `Idempotency-Key`, and may answer with an {@link Answer}. */
export const Idempotent = () =>
  applyDecorators(
    UseInterceptors(AnswerInterceptor),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description:
        'Up to 255 characters; within 24 h the same key and body get the same answer, with `Idempotency-Replayed: true`',
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    }),
  );
