import { applyDecorators, type Type as ClassType } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  buildMessage,
  IS_BASE64,
  IS_ISO8601,
  IsArray,
  IsBoolean,
  IsEmail,
  IsIn,
  IsInt,
  IsObject,
  IsString,
  IsUUID,
  isEmail,
  isISO8601,
  isURL,
  MATCHES,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateBy,
  ValidateIf,
  ValidateNested,
} from 'class-validator';

/** What every field may say: each limit is written once, and is both enforced and documented. */
interface FieldOptions {
  readonly description?: string;
  readonly example?: unknown;
  /** May be left out. */
  readonly optional?: boolean;
  /** May be null, which in a PATCH clears the value. */
  readonly nullable?: boolean;
  readonly default?: unknown;
}

function field(
  { optional, nullable, ...documented }: FieldOptions,
  schema: object,
  ...rules: PropertyDecorator[]
): PropertyDecorator {
  const skip =
    optional || nullable
      ? [ValidateIf((_object, value) => !((optional && value === undefined) || (nullable && value === null)))]
      : [];
  const options = {
    ...documented,
    ...schema,
    required: !optional,
    ...(nullable && { nullable: true }),
  } as ApiPropertyOptions;
  return applyDecorators(ApiProperty(options), ...skip, ...rules);
}

/**
 * What a text must look like. One that is over its length is refused for that alone: V8 may keep a place to come back to for
 * each character, and throws when it has no room for more, at four million once a process has compiled many expressions.
 */
const Pattern = (pattern: RegExp, max: number, options: { each?: boolean } = {}): PropertyDecorator =>
  ValidateBy(
    {
      name: MATCHES,
      constraints: [pattern],
      validator: {
        validate: (value: unknown) => typeof value === 'string' && (value.length > max || pattern.test(value)),
        defaultMessage: buildMessage((each) => `${each}$property must match $constraint1 regular expression`, options),
      },
    },
    options,
  );

export function Text({
  min = 0,
  max,
  pattern,
  ...options
}: FieldOptions & { min?: number; max: number; pattern?: RegExp }): PropertyDecorator {
  const rules = [IsString(), MinLength(min), MaxLength(max), ...(pattern ? [Pattern(pattern, max)] : [])];
  return field(
    options,
    { type: String, minLength: min, maxLength: max, ...(pattern && { pattern: pattern.source }) },
    ...rules,
  );
}

/** Looked for one by one: to match all of a long text at once takes room for each character, as {@link Pattern} says. */
const NOT_BASE64 = /[^A-Za-z0-9+/=]/;
const isBase64 = (text: string): boolean => {
  const padding = text.indexOf('=');
  return (
    text.length % 4 === 0 &&
    (padding === -1 || (padding >= text.length - 2 && text.endsWith('='))) &&
    !NOT_BASE64.test(text)
  );
};

/** Base64 of up to so many bytes, in the alphabet and with the padding of RFC 4648 §4. */
export const Base64 = ({ maxBytes, ...options }: FieldOptions & { maxBytes: number }): PropertyDecorator => {
  const max = Math.ceil(maxBytes / 3) * 4;
  const form = ValidateBy({
    name: IS_BASE64,
    validator: {
      validate: (value: unknown) => typeof value === 'string' && (value.length > max || isBase64(value)),
      defaultMessage: () => '$property must be base64 encoded',
    },
  });
  return applyDecorators(Text({ min: 1, max, description: 'Base64', ...options }), form);
};

export function Int({
  min,
  max,
  fromQuery,
  ...options
}: FieldOptions & { min: number; max: number; fromQuery?: boolean }): PropertyDecorator {
  return field(
    options,
    { type: 'integer', minimum: min, maximum: max },
    ...(fromQuery ? [Type(() => Number)] : []),
    IsInt(),
    Min(min),
    Max(max),
  );
}

export const Flag = (options: FieldOptions = {}): PropertyDecorator => field(options, { type: Boolean }, IsBoolean());

export const OneOf = (values: readonly string[], options: FieldOptions = {}): PropertyDecorator =>
  field(options, { enum: [...values] }, IsIn(values));

export const Uuid = (options: FieldOptions = {}): PropertyDecorator =>
  field(options, { type: String, format: 'uuid' }, IsUUID());

export const Time = (options: FieldOptions = {}): PropertyDecorator =>
  field({ example: '2026-11-24T09:30:00.000Z', ...options }, { type: String, format: 'date-time' }, IsTime());

/** With more digits of a second than anybody counts. */
const TIME_MAX = 64;
const IsTime = (): PropertyDecorator => {
  const form = { strict: true, strictSeparator: true };
  return ValidateBy({
    name: IS_ISO8601,
    validator: {
      validate: (value: unknown) => typeof value === 'string' && value.length <= TIME_MAX && isISO8601(value, form),
      defaultMessage: () => '$property must be a valid ISO 8601 date string',
    },
  });
};

const PLAIN_ADDRESS = /^[^\s\0-\x1f\x7f"(),:;<>@[\\\]]+@[a-z0-9.-]+$/i;
const ADDRESS_MAX = 254;
const EMAIL_FORM = { allow_ip_domain: false, require_tld: false, allow_utf8_local_part: false };

/** As {@link Email} takes one. */
export const isEmailAddress = (text: string): boolean =>
  text.length <= ADDRESS_MAX && PLAIN_ADDRESS.test(text) && isEmail(text, EMAIL_FORM);

/** Strict: what passes may be handed to a mail server. No comments, quotes, display names or address literals. */
const addressRules = (each: boolean): PropertyDecorator[] => [
  MaxLength(ADDRESS_MAX, { each }),
  Pattern(PLAIN_ADDRESS, ADDRESS_MAX, { each }), // validator.js alone takes quoted local parts, in which anything may hide
  IsEmail(EMAIL_FORM, { each }),
];

export const Email = (options: FieldOptions = {}): PropertyDecorator =>
  field(
    { example: 'ann@example.com', ...options },
    { type: String, format: 'email', maxLength: ADDRESS_MAX },
    ...addressRules(false),
  );

/** A list of addresses. */
export const EmailList = ({
  min = 0,
  max,
  ...options
}: FieldOptions & { min?: number; max: number }): PropertyDecorator =>
  field(
    { example: ['bob@example.com'], ...options },
    { type: [String], format: 'email', minItems: min, maxItems: max },
    IsArray(),
    ArrayMinSize(min),
    ArrayMaxSize(max),
    ...addressRules(true),
  );

/** E.164: https://www.itu.int/rec/T-REC-E.164 */
const PHONE = /^\+[1-9]\d{5,14}$/;
/** As {@link Phone} takes one. */
export const isPhoneNumber = (text: string): boolean => PHONE.test(text);
export const Phone = (options: FieldOptions = {}): PropertyDecorator =>
  Text({ max: 16, pattern: PHONE, example: '+4915112345678', ...options });

const URL_MAX = 2_048;
/** An absolute http(s) address without credentials in it; where it leads is checked when it is called. */
export const Url = ({
  protocols = ['http', 'https'],
  max = URL_MAX,
  ...options
}: FieldOptions & { protocols?: readonly string[]; max?: number } = {}): PropertyDecorator =>
  field(
    { example: 'https://example.com/hook', ...options },
    { type: String, maxLength: max },
    MaxLength(max),
    IsAddress(protocols),
  );

/** A form of its own, and one that the URL standard reads: what calls it must read it in the same way. */
const IsAddress = (protocols: readonly string[]): PropertyDecorator => {
  const form = { protocols: [...protocols], require_protocol: true, require_tld: false, disallow_auth: true };
  return ValidateBy({
    name: 'isUrl',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && isURL(value, form) && URL.canParse(value),
      defaultMessage: () => '$property must be a URL address',
    },
  });
};

export const USER_ID_MAX = 128;
/** The client's own id for a user. */
export const UserIdField = (options: FieldOptions = {}): PropertyDecorator =>
  Text({ min: 1, max: USER_ID_MAX, example: 'ann', ...options });

/** As the caller wrote it: class-transformer's copy leaves out names such as `toString` that every object has. */
const AsSent = (): PropertyDecorator =>
  Transform(({ obj, key }: { obj: Record<string, unknown>; key: string }) => obj[key]);

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value) ?? '');

/** A JSON object of the caller's own, up to `maxBytes` as JSON (16 KB unless told). */
export function JsonObject({
  maxBytes = 16_384,
  ...options
}: FieldOptions & { maxBytes?: number } = {}): PropertyDecorator {
  const size = ValidateBy({
    name: 'maxBytes',
    validator: {
      validate: (value: unknown) => bytesOf(value) <= maxBytes,
      defaultMessage: () => `$property must be at most ${maxBytes} bytes of JSON`,
    },
  });
  return field(
    { example: { source: 'web' }, ...options },
    { type: 'object', additionalProperties: true },
    AsSent(),
    IsObject(),
    size,
  );
}

/** Swagger knows a function that gives a class by its name, which must be `type`. */
const classOf = (given: () => ClassType<unknown>): (() => ClassType<unknown>) => {
  const type = (): ClassType<unknown> => given();
  return type;
};

/** A list is no object, and what is in it is not looked at: of one in the place of an object class-validator checks each. */
const emptied = (value: unknown): unknown => (Array.isArray(value) ? [] : value);

/** An object of a class of its own. */
export const Part = (type: () => ClassType<unknown>, options: FieldOptions = {}): PropertyDecorator =>
  field(
    options,
    { type: classOf(type) },
    Transform(({ value }: { value: unknown }) => emptied(value)),
    IsObject(),
    ValidateNested(),
    Type(type),
  );

/** A list of at most so many. Of one that is longer no more are looked at: checking each takes its time. */
export const AtMost = (max: number): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) => (Array.isArray(value) ? value.slice(0, max + 1).map(emptied) : value)),
    ArrayMaxSize(max),
  );

interface ListOptions extends FieldOptions {
  readonly min?: number;
  readonly max: number;
}

/** A list of objects of a class. */
export const PartList = (
  type: () => ClassType<unknown>,
  { min = 0, max, ...options }: ListOptions,
): PropertyDecorator =>
  field(
    options,
    { type: classOf(type), isArray: true, minItems: min, maxItems: max },
    IsArray(),
    ArrayMinSize(min),
    AtMost(max),
    IsObject({ each: true }),
    ValidateNested({ each: true }),
    Type(type),
  );

/** A list of texts. */
export function TextList({
  min = 0,
  max,
  maxLength = 128,
  pattern,
  ...options
}: ListOptions & { maxLength?: number; pattern?: RegExp }): PropertyDecorator {
  const rules = [
    IsArray(),
    ArrayMinSize(min),
    ArrayMaxSize(max),
    IsString({ each: true }),
    MinLength(1, { each: true }),
    MaxLength(maxLength, { each: true }),
  ];
  if (pattern) rules.push(Pattern(pattern, maxLength, { each: true }));
  return field(options, { type: [String], minItems: min, maxItems: max }, ...rules);
}

/** A list of whole numbers. */
export const IntList = ({
  min,
  max,
  length,
  ...options
}: FieldOptions & { min: number; max: number; length: number }): PropertyDecorator =>
  field(
    options,
    { type: 'integer', isArray: true, minimum: min, maximum: max, minItems: 1, maxItems: length },
    IsArray(),
    ArrayMinSize(1),
    ArrayMaxSize(length),
    IsInt({ each: true }),
    Min(min, { each: true }),
    Max(max, { each: true }),
  );

/** A list of ids. */
export const UuidList = ({ min = 0, max, ...options }: ListOptions): PropertyDecorator =>
  field(
    options,
    { type: [String], format: 'uuid', minItems: min, maxItems: max },
    IsArray(),
    ArrayMinSize(min),
    ArrayMaxSize(max),
    IsUUID(undefined, { each: true }),
  );

/** A list of values from a fixed set. */
export const Choices = (
  values: readonly string[],
  { min = 0, max = values.length, ...options }: Partial<ListOptions> = {},
): PropertyDecorator =>
  field(
    options,
    { enum: [...values], isArray: true, minItems: min, maxItems: max },
    IsArray(),
    ArrayMinSize(min),
    ArrayMaxSize(max),
    IsIn(values, { each: true }),
  );
