import type { FlatTool } from '../../../schemas/responses/response-requests.js';

/** A function, as requests and responses name it. */
export interface QualifiedName {
  readonly name: string;
  readonly namespace?: string;
}

/** A tool, and the parameter that has it. */
export interface PlacedTool {
  readonly tool: FlatTool;
  readonly param: string;
}

/** The name that the model sees, because chat templates have no namespaces. */
export function modelName({ name, namespace }: QualifiedName): string {
  return namespace === undefined ? name : `${namespace}__${name}`;
}

/** The tools of a request, those of its namespaces with the names that the model gets to know. */
export function withoutNamespaces(tools: readonly FlatTool[]): readonly PlacedTool[] {
  return tools.flatMap((tool, index): PlacedTool[] => {
    const param = `tools.${index}`;
    const functions = functionsOf(tool);
    if (functions === null) return [{ tool, param }];
    return functions.map(({ namespace, ...each }, inner) => {
      const { name } = each;
      const named = typeof name === 'string' ? { ...each, name: modelName({ name, namespace }) } : each;
      return { tool: named, param: `${param}.tools.${inner}` };
    });
  });
}

/** A tool that the model has called. */
export interface CalledTool {
  readonly type: 'function' | 'custom';
  readonly called: QualifiedName;
}

/** What the names that the model uses mean, unless they are those of functions without a namespace. */
export function calledTools(tools: readonly FlatTool[]): ReadonlyMap<string, CalledTool> {
  return new Map(
    tools.flatMap((tool) => {
      const inNamespace = functionsOf(tool);
      return (inNamespace ?? [tool]).flatMap(({ type, name, ...others }) => {
        if (typeof name !== 'string' || (inNamespace === null && type !== 'custom')) return [];
        const called = 'namespace' in others ? { name, namespace: others.namespace } : { name };
        return [[modelName(called), { type: type === 'custom' ? 'custom' : 'function', called }] as const];
      });
    }),
  );
}

/** The tools of a namespace; null if the tool is none. */
function functionsOf({ type, name: namespace, tools }: FlatTool): readonly (FlatTool & { namespace: string })[] | null {
  if (type !== 'namespace' || typeof namespace !== 'string') return null;
  return (tools ?? []).map((tool) => ({ ...tool, namespace }));
}
