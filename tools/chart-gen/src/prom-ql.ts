import { parser } from '@prometheus-io/lezer-promql';

/** Series that a PromQL expression asks for. */
export interface Selector {
  readonly metric: string;
  /** Labels that they must have: those matched, and those grouped by right around them. */
  readonly labels: readonly string[];
}

/** What an expression asks for; throws when it is no PromQL. Variables of Grafana may stand in it. */
export function selectorsOf(expression: string): readonly Selector[] {
  const text = expression.replaceAll('$__rate_interval', '5m');
  const read = (node: { readonly from: number; readonly to: number }) => text.slice(node.from, node.to);
  const selectors: Selector[] = [];
  let grouped: string[] = [];
  parser.parse(text).iterate({
    enter(node) {
      if (node.type.isError) throw new Error(`no PromQL at ${node.from}: ${text}`);
      if (node.name === 'GroupingLabels')
        grouped = node.node
          .getChildren('LabelName')
          .map(read)
          .filter((label) => label !== 'le');
      if (node.name !== 'VectorSelector') return;
      const identifier = node.node.getChild('Identifier');
      const matched = node.node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
      const labels = matched
        .map((matcher) => matcher.getChild('LabelName'))
        .map((label) => (label === null ? '' : read(label)));
      selectors.push({ metric: identifier === null ? '' : read(identifier), labels: [...labels, ...grouped] });
    },
    leave(node) {
      if (node.name === 'AggregateExpr') grouped = [];
    },
  });
  if (selectors.length === 0) throw new Error(`asks for no metric: ${text}`);
  return selectors;
}
