// The house's own lint rules: each has a name of its own, so that a folder can be let off one of them and no other.

/** A rule that forbids what the selectors match. */
const forbid = (message, ...selectors) => ({
  meta: { type: 'problem', schema: [] },
  create: (context) =>
    Object.fromEntries(selectors.map((selector) => [selector, (node) => context.report({ node, message })])),
});

/** One word per role (`rooms.service.ts`), words joined by dashes; a leading dot is a tool's own file. */
const KEBAB_ROLE = /^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;
const MEANINGLESS = /^(utils?|helpers?|commons?|misc|impl)$/;

const fileNames = {
  meta: { type: 'problem', schema: [] },
  create: (context) => ({
    Program(node) {
      const path = context.filename.slice(context.cwd.length + 1).split(/[\\/]/);
      const file = path.at(-1);
      if (!KEBAB_ROLE.test(file)) {
        context.report({ node, message: `Name the file kebab.role.ts: "${file}" is not.` });
      }
      const empty = path.flatMap((part) => part.split(/[.-]/)).find((word) => MEANINGLESS.test(word));
      if (empty) context.report({ node, message: `"${empty}" says nothing: name the file after what is in it.` });
    },
  }),
};

const HTTP_NAMES = '/Exception$|^(HttpStatus|HttpCode|Req|Request|Res|Response|Body|Query|Param|Headers)$/';

export const houseRules = {
  rules: {
    'file-names': fileNames,
    'no-default-export': forbid(
      'Export by name: a default export has as many names as importers.',
      'ExportDefaultDeclaration',
      'ExportSpecifier[exported.name="default"]',
    ),
    'no-process-env': forbid(
      'Only src/config reads the environment: add a setting to Env and take it from there.',
      'MemberExpression[object.name="process"]:matches([property.name="env"], [property.value="env"])',
      'MemberExpression[object.property.name="process"][property.name="env"]',
      'VariableDeclarator[init.name="process"] > ObjectPattern > Property[key.name="env"]',
      'ImportDeclaration[source.value=/^(node:)?process$/]',
    ),
    'no-forward-ref': forbid(
      'forwardRef hides a cycle: announce an event, or ask a narrower class.',
      'ImportSpecifier[imported.name="forwardRef"]',
      'MemberExpression[property.name="forwardRef"]',
    ),
    'no-bare-http': forbid(
      'Outbound calls go through the guarded client of platform/security.',
      'ImportDeclaration[source.value=/^(node:)?https?$/] > ImportSpecifier[imported.name=/^(request|get)$/]',
      'CallExpression[callee.object.name=/^https?$/][callee.property.name=/^(request|get)$/]',
      'ImportDeclaration[source.value=/^(node:http2|http2|undici|axios|got|node-fetch)$/]',
      'MemberExpression[object.name="globalThis"][property.name="fetch"]',
    ),
    'no-bare-gateway': forbid(
      'Nest binds no global guard, pipe or filter to a gateway: use the decorators of platform/realtime.',
      'ImportSpecifier[imported.name=/^(WebSocketGateway|SubscribeMessage)$/]',
    ),
    'no-http-in-services': forbid(
      'A service speaks the business: throw a named refusal from the errors file, leave HTTP to the controller.',
      `ImportDeclaration[source.value="@nestjs/common"] > ImportSpecifier[imported.name=${HTTP_NAMES}]`,
    ),
    'pure-rules': forbid(
      'Rules are pure: take the time and the chance as arguments.',
      'CallExpression[callee.object.name="Date"][callee.property.name="now"]',
      'NewExpression[callee.name="Date"][arguments.length=0]',
      'CallExpression[callee.object.name="Math"][callee.property.name="random"]',
      'AwaitExpression',
    ),
    'narrow-constructors': forbid(
      'More than 7 dependencies: this class does two jobs.',
      'MethodDefinition[kind="constructor"] > FunctionExpression[params.length>7]',
    ),
    'few-parameters': forbid(
      'More than 5 parameters: pass an object whose fields have names.',
      ':function[params.length>5]:not(MethodDefinition[kind="constructor"] > FunctionExpression)',
    ),
  },
};
