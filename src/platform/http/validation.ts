import { type ArgumentMetadata, Injectable, type PipeTransform, type Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync, type ValidationError } from 'class-validator';
import { type InputFault, InvalidInput } from '../errors/index.js';

keepRulesOfClasses();

const escapePointer = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');
const snake = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();

/** So many faults are listed of one request: who has more will not read them. */
const FAULTS_LISTED = 1_000;

function faultsOf(errors: readonly ValidationError[], parent: string): InputFault[] {
  return errors.flatMap(({ property, constraints, children }) => {
    const pointer = `${parent}/${escapePointer(property)}`;
    const own = Object.entries(constraints ?? {}).map(([rule, message]) =>
      rule === 'whitelistValidation'
        ? { pointer, code: 'unknown_field', message: `${property} is not a field of this request` }
        : { pointer, code: snake(rule), message },
    );
    return [...own, ...faultsOf(children ?? [], pointer)];
  });
}

/**
 * Checks input against its class: unknown fields are faults, and every fault is listed, up to a thousand. One way for HTTP and sockets.
 * @throws InvalidInput with a pointer for each fault
 */
export function validated<T extends object>(type: Type<T>, input: unknown): T {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw InvalidInput.at('', 'is_object', 'A JSON object is expected.');
  }
  const value = plainToInstance(type, input);
  const errors = validateSync(value, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false });
  if (errors.length > 0) throw new InvalidInput(faultsOf(errors, '').slice(0, FAULTS_LISTED));
  return value;
}

/**
 * class-validator looks through all classes there are for those that a class inherits rules from, at each object that it
 * checks: half of its time. Rules do not change once a class is there, so what it found is kept.
 */
function keepRulesOfClasses(): void {
  const storage = getMetadataStorage();
  const find = storage.getTargetValidationMetadatas.bind(storage);
  type Args = Parameters<typeof find>;
  const kept = new WeakMap<Args[0], Map<Args[1], ReturnType<typeof find>>>();
  storage.getTargetValidationMetadatas = (type, ...how) => {
    const [schema, always, strictGroups, groups] = how;
    if (always || strictGroups || groups) return find(type, ...how);
    const ofType = kept.get(type) ?? new Map<Args[1], ReturnType<typeof find>>();
    const found = ofType.get(schema) ?? find(type, ...how);
    kept.set(type, ofType.set(schema, found));
    return found;
  };
}

const PRIMITIVES = new Set<unknown>([String, Number, Boolean, Array, Object]);

/** Binds {@link validated} to every `@Body()` and `@Query()` that is a class. */
@Injectable()
export class ValidationPipe implements PipeTransform {
  transform(value: unknown, { type, metatype }: ArgumentMetadata): unknown {
    if ((type !== 'body' && type !== 'query') || !metatype || PRIMITIVES.has(metatype)) return value;
    return validated(metatype, value ?? {});
  }
}
