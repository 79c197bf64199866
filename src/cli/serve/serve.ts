/**
 * `serve` as a whole: the owner of state, the gateway (in this process or in workers), the admin listener; reload and the
 * orderly end of all of them.
 */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { ReloadReceipt } from '../../admin/options.ts';
import type { Admin } from '../../admin/server.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { DETECTORS } from '../../detectors/index.ts';
import { type Gateway, openGateway } from '../../doors/gateway/gateway.ts';
import { listenersOf } from '../../doors/gateway/listen/settings.ts';
import type { Office } from '../../doors/gateway/revoking/office.ts';
import type { BranchAsk } from '../../doors/gateway/revoking/revoking.ts';
import { declaredOperations } from '../../inspect/inspection.ts';
import { SallyportError } from '../../lib/errors.ts';
import { type Live, startLive } from '../../runtime/live/service.ts';
import { shapesFile } from '../../runtime/live/shapes-file.ts';
import { startWorkers, type Workers } from '../../runtime/owner/cluster.ts';
import { type OwnerServer, ownerPath, serveOwner } from '../../runtime/owner/server.ts';
import { livePoliciesOf } from '../../runtime/policies.ts';
import { MetricsFleet } from '../../runtime/telemetry/fleet.ts';
import type { MetricsSnapshot } from '../../runtime/telemetry/metrics.ts';
import { mergeTrust, type ProxyTrustReport } from '../../runtime/telemetry/proxy-trust.ts';
import { Telemetry } from '../../runtime/telemetry/telemetry.ts';
import { openAdmin } from './admin.ts';
import { DayKey } from './day-key.ts';
import { Branches, openOffice } from './offices.ts';
import { withOverrides } from './overrides.ts';
import type { ServeOptions, Serving } from './serving.ts';
import {
  crashNotes,
  type InForce,
  OFFICE,
  OWNER_PATH,
  OWNER_SECRET,
  type OwnerPush,
  setupOf,
  WORKER_SETUP,
  type WorkerReport,
} from './worker-setup.ts';

/** Starts everything. Coded errors where a part cannot start; then nothing is left running. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const loaded = withOverrides(await options.load(), options.overrides);
  const { config } = loaded;
  if (config.upstream === undefined && config.upstreams.length === 0)
    throw new SallyportError('SP7007', 'no upstream is named');
  const serving = new Server(options, loaded);
  try {
    await serving.start();
  } catch (error) {
    await serving.stop();
    throw error;
  }
  return serving;
}

/** Keys that only count when a process starts. */
const STATIC = ['listen', 'admin', 'records', 'seed', 'networks', 'detectors', 'routes', 'telemetry'] as const;

class Server implements Serving {
  private readonly options: ServeOptions;
  private loaded: LoadedConfig;
  private live!: Live;
  private gateway: Gateway | null = null;
  private office!: Office;
  private readonly branches: Branches;
  private day: DayKey | null = null;
  private owner: OwnerServer | null = null;
  private workerPool: Workers | null = null;
  private adminServer: Admin | null = null;
  private telemetry!: Telemetry;
  private fleet!: MetricsFleet;
  private readonly reports = new Map<number, WorkerReport>();
  private ready = false;
  private reloading: Promise<unknown> = Promise.resolve();
  private nextReload: Promise<ReloadReceipt> | null = null;
  private stopping: Promise<void> | null = null;
  adminLink = '';
  urls: readonly string[] = [];

  constructor(options: ServeOptions, loaded: LoadedConfig) {
    this.options = options;
    this.loaded = loaded;
    this.branches = new Branches(options.onNote);
  }

  get mode(): 'observe' | 'enforce' {
    return this.live.operator.mode;
  }
  get admin(): string {
    return this.adminServer?.url ?? '';
  }
  get dataDir(): string {
    return this.live.dataDir;
  }
  get knownAsOf(): string {
    const { resumed } = this.live;
    return resumed === null ? '' : new Date(resumed.lastMs).toISOString();
  }
  get workers(): number {
    return this.loaded.config.gateway.workers;
  }
  get upstreams(): readonly string[] {
    const { upstream, upstreams } = this.loaded.config;
    const named = upstreams.flatMap((group) => group.servers.map((s) => (typeof s === 'string' ? s : s.url)));
    return upstream === undefined ? named : [upstream, ...named];
  }

  async start(): Promise<void> {
    const { options, loaded } = this;
    const { config } = loaded;
    this.live = await startLive({
      loaded,
      mode: config.mode,
      version: options.version,
      ephemeral: options.ephemeral,
      facts: () => ({ workers: this.workers, upstreams: this.servers() }),
      onCondition: ({ code, active, message }) => options.onNote(active ? `${code}: ${message}` : `${code} is over`),
      onNote: options.onNote,
      declared: declaredOperations,
    });
    this.telemetry = this.newTelemetry(loaded);
    this.telemetry.policy = this.live.runtime.policies.version;
    this.fleet = new MetricsFleet(this.telemetry.metrics.registry, () => this.newRegistry());
    this.telemetry.metrics.registry.onScrape(() => this.telemetry.observe(this.live));
    if (this.workers > 1) await this.startPool();
    else await this.startHere();
    await this.startAdmin();
    this.office.start();
    this.ready = true;
  }

  private newTelemetry({ config }: LoadedConfig): Telemetry {
    return new Telemetry({
      config,
      version: this.options.version,
      detectors: DETECTORS.map((d) => d.id),
      clock: Date.now,
      onDefect: (error) => this.options.onNote(`SP9001: ${error instanceof Error ? error.stack : String(error)}`),
    });
  }

  private newRegistry() {
    return this.newTelemetry({ ...this.loaded, config: { ...this.loaded.config, telemetry: SILENT } }).metrics.registry;
  }

  /** One process does everything: the gate is a function call. */
  private async startHere(): Promise<void> {
    const { live, loaded, telemetry, options } = this;
    this.office = await openOffice(live, loaded, options);
    this.gateway = await openGateway({
      loaded,
      gate: live.runtime,
      enrichment: live.enrichment,
      secrets: live.secrets,
      telemetry,
      captures: live.captures,
      revoking: this.office,
      shapes: options.ephemeral ? undefined : shapesFile(live.dataDir, 0),
      onNote: options.onNote,
      onDegradation: (level, reason) => live.runtime.setDegradation(level, reason, Date.now()),
    });
    const { gateway } = this;
    live.models.onChange((model) => {
      gateway.learned(model).catch((error: Error) => options.onNote(`SP5005: ${error.message}`));
    });
    this.urls = gateway.listeners.addresses.map((a) => a.url);
  }

  /** This process owns the state; workers listen, enrich, and ask it over a socket. */
  private async startPool(): Promise<void> {
    const { live, loaded, options } = this;
    const secret = randomBytes(32).toString('hex');
    const { branches } = this;
    const office = await openOffice(live, loaded, options, (change) => branches.send({ change }));
    this.office = office;
    this.owner = await serveOwner(ownerPath(live.dataDir), live.runtime, {
      secret,
      // Too much for the environment, and other ones from time to time.
      welcome: () => this.welcome(office),
      onReport: (worker, name, said) => {
        if (name === OFFICE) branches.heard(worker, said as BranchAsk);
        else this.reported(worker, said as WorkerReport);
      },
      onProblem: (code, message) => options.onNote(`${code}: ${message}`),
    });
    const { owner } = this;
    branches.join(office, owner);
    this.day = new DayKey(live.secrets.daily);
    live.models.onChange((model) => owner.push({ model } satisfies OwnerPush));
    const setup = setupOf(options.version, live.secrets, options.ephemeral ? null : live.dataDir);
    const env = { [OWNER_PATH]: owner.path, [OWNER_SECRET]: secret, [WORKER_SETUP]: JSON.stringify(setup) };
    const self = import.meta.url;
    this.workerPool = await startWorkers(this.workers, {
      exec: fileURLToPath(new URL(self.endsWith('.ts') ? './worker.ts' : './worker.js', self)),
      env: () => env,
      drainMs: loaded.config.gateway.drain_s * 1000,
      onEvent: crashNotes(options.onNote),
    });
    this.urls = listenersOf(loaded.config).map(
      (l) => `${l.tls ? 'https' : 'http'}://${l.address.includes(':') ? `[${l.address}]` : l.address}:${l.port}`,
    );
  }

  private welcome(office: Office): OwnerPush {
    const { live, branches } = this;
    const inForce = this.inForce(this.loaded);
    return { model: live.models.current, inForce, office: branches.welcome(office), daily: this.day?.today() };
  }

  private reported(worker: number, report: WorkerReport): void {
    this.reports.set(worker, report);
    this.fleet.report(worker, report.metrics as MetricsSnapshot);
    const worst = [...this.reports.values()].reduce((a, b) => (b.degradation > a.degradation ? b : a));
    this.live.runtime.setDegradation(worst.degradation, 'worker', Date.now());
  }

  private servers() {
    if (this.gateway !== null) return this.gateway.servers();
    return [...this.reports.values()][0]?.servers ?? this.upstreams.map((url) => ({ name: '', url, state: 'unknown' }));
  }

  private trust(): ProxyTrustReport {
    if (this.workerPool === null) return this.telemetry.trustReport();
    return mergeTrust([...this.reports.values()].map((r) => r.trust));
  }

  private async startAdmin(): Promise<void> {
    const { live, loaded, options, office } = this;
    const { admin, link } = await openAdmin({
      ...{ live, loaded, office },
      cwd: options.cwd,
      ephemeral: options.ephemeral,
      onNote: options.onNote,
      metrics: (accept) => this.telemetry.page(accept, this.workerPool === null ? undefined : this.fleet.total()),
      trust: () => this.trust(),
      ready: () => this.ready && this.stopping === null,
      reload: () => this.reload('admin'),
      listening: () => this.urls,
    });
    this.adminServer = admin;
    this.adminLink = link;
  }

  /** One after the other: what asks while another one waits for its turn shares that one, which reads the file later. */
  reload(by: string): Promise<ReloadReceipt> {
    this.nextReload ??= this.reloading.then(() => {
      this.nextReload = null;
      const reloaded = this.reloadNow(by);
      this.reloading = reloaded.catch(() => {});
      return reloaded;
    });
    return this.nextReload;
  }

  private async reloadNow(by: string): Promise<ReloadReceipt> {
    const { reloads } = this.telemetry.metrics;
    const [result] = reloads.labels;
    try {
      const next = withOverrides(await this.options.load(), this.options.overrides);
      const before = this.loaded.config as Record<string, unknown>;
      const now = next.config as Record<string, unknown>;
      const differs = Object.keys(now).filter((key) => JSON.stringify(now[key]) !== JSON.stringify(before[key]));
      const needs = differs.filter((key) => (STATIC as readonly string[]).includes(key));
      if (this.gateway !== null) {
        const { model } = this.live.enrichment;
        await this.gateway.update(next, { ...this.inForce(next).enrichment, model });
      } else if (this.workerPool !== null) await this.reloadPool(next);
      this.loaded = next;
      await this.live.reload(next, by);
      this.telemetry.policy = this.live.runtime.policies.version;
      reloads.add(result.index('ok'));
      return {
        reloaded_at: new Date().toISOString(),
        changed: differs.filter((key) => !needs.includes(key)),
        needs_restart: needs,
      };
    } catch (error) {
      reloads.add(result.index('refused'));
      // From the ledger on it is in force, and not on record.
      if (error instanceof SallyportError && /^SP7008|^SP41/.test(error.code)) throw error;
      throw new SallyportError('SP7008', error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  /** What those who enrich are told with a configuration. */
  private inForce(loaded: LoadedConfig): InForce {
    const { allowlist, clients, decoys } = loaded.config;
    const { model: _, ...enrichment } = this.live.enrichment;
    const { trusted_proxies: trustedProxies, hosts } = clients;
    const policy = livePoliciesOf(loaded.config, this.mode).version;
    return { loaded, enrichment: { ...enrichment, trustedProxies, hosts, allowlist, decoys }, policy };
  }

  private async reloadPool(next: LoadedConfig): Promise<void> {
    const results = await (this.workerPool as Workers).reload(this.inForce(next));
    const failed = results.find((r) => r.error !== '');
    if (failed !== undefined) throw new SallyportError('SP7008', `worker ${failed.worker}: ${failed.error}`);
  }

  reopen(): void {
    this.telemetry.reopen();
    this.live.outputs.reopen();
  }

  stop(): Promise<void> {
    this.stopping ??= this.stopAll();
    return this.stopping;
  }

  private async stopAll(): Promise<void> {
    const drainMs = this.loaded.config.gateway.drain_s * 1000;
    await this.gateway?.drain(drainMs);
    await this.workerPool?.stop();
    this.day?.close();
    this.branches.close();
    await this.owner?.close();
    await this.adminServer?.close();
    await this.office?.close();
    await this.live?.close();
    await this.telemetry?.close();
  }
}

const SILENT = {
  traces: { sample: 0, service_name: 'sallyport' },
  events: { only_decided: true },
} as const;
