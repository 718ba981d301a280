import type { INestApplication, Type } from '@nestjs/common';
import {
  type OpenAPIObject,
  type OperationObject,
  type PathItemObject,
  type PathsObject,
  type ReferenceObject,
  type SchemaObject,
  SwaggerModule,
  type TagObject,
} from '@nestjs/swagger';
import { ProblemView } from '../problem.js';
import { BodyExamples, type Schemas } from './example.js';
import { frame, TAGS } from './frame.js';
import { completed, type DecoratedOperation } from './operation.js';
import { RefusalResponses } from './refusal-responses.js';

/** `RoomsController.create` is `rooms_create`. */
const operationId = (controller: string, method: string): string =>
  `${controller.charAt(0).toLowerCase()}${controller.slice(1).replace(/Controller$/, '')}_${method}`;

/** The OpenAPI document of an application, from its decorators; what operations have in common is added here, once. */
export function describeApi(app: INestApplication): OpenAPIObject {
  const document = SwaggerModule.createDocument(app, frame(), {
    extraModels: [ProblemView],
    operationIdFactory: operationId,
  });
  const { components } = document;
  closeRequests(components?.schemas ?? {});
  const commons = { refusals: new RefusalResponses(), examples: new BodyExamples(components?.schemas ?? {}) };
  const complete = (item: PathItemObject): PathItemObject =>
    mapped(item as Record<string, DecoratedOperation>, (operation) => completed(operation, commons));
  const paths = mapped(document.paths, complete);
  const { refusals, examples } = commons;
  return {
    ...document,
    tags: tagsIn(paths),
    paths,
    components: {
      ...components,
      responses: refusals.responses,
      examples: { ...examples.examples, ...refusals.examples },
    },
  };
}

/** The schemas of an application and of these classes, each by the name it has in the OpenAPI document. */
export function schemasOf(app: INestApplication, classes: Type<object>[]): Schemas {
  const { components } = SwaggerModule.createDocument(app, frame(), { extraModels: classes });
  const schemas = components?.schemas ?? {};
  closeRequests(schemas);
  return schemas;
}

/** Request classes (`…Dto`) refuse fields that they do not know; views may gain some. */
function closeRequests(schemas: Record<string, SchemaObject | ReferenceObject>): void {
  for (const [name, schema] of Object.entries(schemas)) {
    if (name.endsWith('Dto') && !('$ref' in schema)) schema.additionalProperties = false;
  }
}

const mapped = <From, To>(record: Readonly<Record<string, From>>, change: (from: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));

/** The tags that operations use, in the order of the frame. */
function tagsIn(paths: PathsObject): TagObject[] {
  const operations = Object.values(paths).flatMap((item) => Object.values(item) as OperationObject[]);
  const used = new Set(operations.flatMap(({ tags = [] }) => tags));
  return TAGS.filter(({ name }) => used.has(name));
}
