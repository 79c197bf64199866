/**
 * How exchanges are enriched, as plain data: what a second thread is told, so that it enriches exactly as the first.
 */
import type { LoadedConfig } from '../config/load.ts';
import type { RouteClassName } from '../config/names.ts';
import type { AllowlistEntry } from '../config/schema.ts';
import { workflowTemplates } from '../config/workflows.ts';
import { createEnricher } from '../enrich/compose.ts';
import type { Enricher } from '../enrich/enrich.ts';
import { ROUTE_CLASS } from '../enrich/facts.ts';
import type { LearnedModel, RouteTemplate } from '../enrich/model.ts';
import { type ClassOverride, classByName } from '../enrich/routes/classes.ts';
import { compileGlob } from '../enrich/routes/glob.ts';
import { routesFromOpenApi } from '../learn/openapi.ts';
import { CidrSet } from '../lib/cidr.ts';
import { loadNetworks } from './tables.ts';

export interface EnrichmentSetup {
  readonly seed: number;
  readonly model: LearnedModel;
  readonly trustedProxies: readonly string[];
  readonly allowlist: readonly AllowlistEntry[];
  readonly hosts: readonly string[];
  readonly decoys: readonly string[];
  readonly routeClasses: readonly { readonly template: string; readonly routeClass: number }[];
  readonly networks: { readonly asn: string | null; readonly country: string | null };
}

const CONFIGURED_CLASSES = ['login', 'reset', 'signup', 'search', 'code', 'lookup'] as const;

/** What a configuration says about enrichment; the model comes later, learned with this. */
export function enrichmentSetup(loaded: LoadedConfig, seed: number): Omit<EnrichmentSetup, 'model'> {
  const { config } = loaded;
  return {
    seed,
    trustedProxies: config.clients.trusted_proxies,
    allowlist: config.allowlist,
    hosts: config.clients.hosts,
    decoys: config.decoys,
    routeClasses: [
      ...CONFIGURED_CLASSES.flatMap((name) =>
        config.routes[name].map((template) => ({ template, routeClass: ROUTE_CLASS[name] })),
      ),
      ...config.routes.templates
        .filter((t) => t.class !== undefined)
        .map((t) => ({ template: t.template, routeClass: ROUTE_CLASS[t.class as RouteClassName] })),
    ],
    networks: loaded.networks,
  };
}

/** Templates that stand before anything is learned: configured ones and those of an OpenAPI document. */
export function configuredRoutes(loaded: LoadedConfig): RouteTemplate[] {
  const { routes } = loaded.config;
  const known = new Map<string, RouteTemplate>();
  const add = (template: string, routeClass: number | undefined, origin: RouteTemplate['origin']): void => {
    if (known.has(template)) return;
    const bytes = new TextEncoder().encode(template);
    known.set(template, {
      template,
      routeClass: routeClass ?? classByName(bytes, 0, bytes.length, 0),
      answered: 1,
      requests: 0,
      origin,
    });
  };
  for (const t of routes.templates)
    add(t.template, t.class === undefined ? undefined : ROUTE_CLASS[t.class], 'configured');
  for (const name of CONFIGURED_CLASSES) for (const t of routes[name]) add(t, ROUTE_CLASS[name], 'configured');
  for (const t of workflowTemplates(loaded.config.workflows)) add(t, undefined, 'configured');
  for (const route of loaded.openapi === null ? [] : routesFromOpenApi(loaded.openapi)) {
    if (!known.has(route.template)) known.set(route.template, route);
  }
  return [...known.values()].sort((a, b) => (a.template < b.template ? -1 : 1));
}

/** Builds the enricher that a setup describes. One per thread. */
export async function buildEnricher(setup: EnrichmentSetup): Promise<Enricher> {
  return createEnricher({
    seed: setup.seed,
    model: setup.model,
    networks: await loadNetworks(setup.networks),
    trusted: CidrSet.of(setup.trustedProxies),
    hosts: setup.hosts.length > 0 ? setup.hosts : undefined,
    decoys: setup.decoys,
    routeClasses: classOverrides(setup),
  });
}

/** Configured route classes as the resolver and the learner take them. */
export function classOverrides(setup: Pick<EnrichmentSetup, 'routeClasses'>): ClassOverride[] {
  return setup.routeClasses.map((r) => ({
    glob: compileGlob(r.template.replace(/\{[^}]*\}/g, '*')),
    routeClass: r.routeClass,
    method: 0,
  }));
}
