import { Injectable, Param, type PipeTransform } from '@nestjs/common';
import { isUuid } from '../database/index.js';
import { InvalidInput, NotFound } from '../errors/index.js';
import { USER_ID_MAX } from './fields.js';

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

/** The client's own id has few rules, and each is worth naming: a caller who breaks one has no user by that name. */
@Injectable()
export class UserIdPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (value.length > USER_ID_MAX || value.includes('\0') || !value.isWellFormed())
      throw InvalidInput.at('/userId', 'user_id', `userId has 1 to ${USER_ID_MAX} characters, none of them NUL`);
    return value;
  }
}

/** A path parameter that is a client's own id for a user. */
export const UserIdParam = (): ParameterDecorator => Param('userId', UserIdPipe);
