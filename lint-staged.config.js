const quoted = (files) => files.map((file) => `"${file}"`).join(' ');
const CODE = /\.(ts|js|mjs|cjs)$/;

/** The steps of one list run one after the other (fix, format, then check); the type check runs beside them. */
export default {
  '*': (files) => {
    const code = files.filter((file) => CODE.test(file));
    return [
      ...(code.length > 0 ? [`eslint --fix --no-warn-ignored --max-warnings 0 ${quoted(code)}`] : []),
      `prettier --write --ignore-unknown --log-level warn ${quoted(files)}`,
      `node scripts/check-files.mjs ${quoted(files)}`,
    ];
  },
  '*.ts': () => 'npm run --silent typecheck',
};
