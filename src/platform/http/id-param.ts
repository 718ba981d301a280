import { Injectable, Param, type PipeTransform } from '@nestjs/common';
import { isUuid } from '../database/index.js';
import { NotFound } from '../errors/index.js';

/** What is no id of ours names nothing: the same 404 as for a random one. */
@Injectable()
export class IdPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (!isUuid(value)) throw new NotFound();
    return value;
  }
}

/** A path parameter that is one of our ids. */
export const IdParam = (name: string): ParameterDecorator => Param(name, IdPipe);

/** A path parameter that is a text of the given form; another names nothing. */
export const TextParam = (name: string, form: RegExp): ParameterDecorator =>
  Param(name, {
    transform: (value: string) => {
      if (!form.test(value)) throw new NotFound();
      return value;
    },
  });
