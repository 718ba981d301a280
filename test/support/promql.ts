import { parser } from '@prometheus-io/lezer-promql';

type SyntaxNode = ReturnType<typeof parser.parse>['topNode'];

/** What an expression asks of one metric. */
export interface Selector {
  readonly metric: string;
  /** Those it is matched by. */
  readonly labels: readonly string[];
}

export interface Query {
  readonly selectors: readonly Selector[];
  /** What results are grouped by, with the metrics that they are of. */
  readonly grouping: readonly { readonly label: string; readonly metrics: readonly string[] }[];
}

/** Grafana's own, in the form that Prometheus would get. */
const filledIn = (expression: string): string =>
  expression.replaceAll('$__rate_interval', '5m').replaceAll(/\$\{?[a-z]\w*\}?/g, '.*');

/** Reads an expression by Prometheus' own grammar. @throws Error where it is none */
export function promql(expression: string): Query {
  const text = filledIn(expression);
  const selectors: { metric: string; labels: string[]; at: number }[] = [];
  const grouping: { label: string; from: number; to: number }[] = [];
  parser.parse(text).iterate({
    enter: ({ name, type, from, to, node }) => {
      const said = text.slice(from, to);
      if (type.isError) throw new Error(`Not PromQL at ${from} of ${text}`);
      if (name === 'VectorSelector') selectors.push({ metric: '', labels: [], at: from });
      const last = selectors.at(-1);
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector' && last) last.metric = said;
      if (name !== 'LabelName') return;
      if (node.parent?.name !== 'GroupingLabels') return void last?.labels.push(said);
      const whole = aggregationOf(node);
      grouping.push({ label: said, from: whole.from, to: whole.to });
    },
  });
  const metricsIn = (from: number, to: number): string[] =>
    selectors.filter(({ at }) => at >= from && at < to).map(({ metric }) => metric);
  return { selectors, grouping: grouping.map(({ label, from, to }) => ({ label, metrics: metricsIn(from, to) })) };
}

function aggregationOf(node: SyntaxNode): SyntaxNode {
  let outer = node;
  while (outer.parent && outer.name !== 'AggregateExpr') outer = outer.parent;
  return outer;
}
