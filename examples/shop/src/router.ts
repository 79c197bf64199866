/** Finds the handler of a path. */
import { Problem, type Route } from './http.ts';

interface Pattern {
  readonly regExp: RegExp;
  readonly names: readonly string[];
  readonly route: Route;
}

export interface Match {
  readonly route: Route;
  readonly params: Record<string, string>;
}

/** Routes by method and path. Paths without parameters are found at once, the others in the order of the table. */
export class Router {
  private readonly fixed = new Map<string, Route>();
  private readonly patterns: Pattern[] = [];

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      if (!route.template.includes('{')) this.fixed.set(`${route.method} ${route.template}`, route);
      else this.patterns.push(patternOf(route));
    }
  }

  /**
   * HEAD is answered by what answers GET.
   * @throws Problem 404 for an unknown path, 405 for a known one with another method.
   */
  find(method: string, path: string): Match {
    const asked = method === 'HEAD' ? 'GET' : method;
    const route = this.fixed.get(`${asked} ${path}`);
    if (route) return { route, params: {} };
    for (const pattern of this.patterns) {
      if (pattern.route.method !== asked) continue;
      const params = paramsOf(pattern, path);
      if (params) return { route: pattern.route, params };
    }
    const allowed = this.methodsOf(path);
    if (allowed.length === 0) throw new Problem(404, 'Not found', `Nothing at ${path}.`);
    throw new Problem(405, 'Method not allowed', `Try ${allowed.join(', ')}.`);
  }

  /** Methods that a path knows. */
  methodsOf(path: string): string[] {
    const methods: string[] = [];
    for (const route of this.fixed.values()) if (route.template === path) methods.push(route.method);
    for (const pattern of this.patterns) if (paramsOf(pattern, path)) methods.push(pattern.route.method);
    return methods;
  }
}

function patternOf(route: Route): Pattern {
  const names: string[] = [];
  const source = route.template
    .split(/(\{\w+\})/)
    .map((part) => {
      const name = /^\{(\w+)\}$/.exec(part)?.[1];
      if (name === undefined) return part.replace(/[.*+?^$()|[\]\\]/g, '\\$&');
      names.push(name);
      return '([^/]+)';
    })
    .join('');
  return { regExp: new RegExp(`^${source}$`), names, route };
}

function paramsOf(pattern: Pattern, path: string): Record<string, string> | undefined {
  const found = pattern.regExp.exec(path);
  if (!found) return undefined;
  try {
    return Object.fromEntries(pattern.names.map((name, i) => [name, decodeURIComponent(found[i + 1])]));
  } catch {
    // A percent sign with no digits behind it names nothing.
    return undefined;
  }
}
