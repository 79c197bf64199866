/**
 * Incidents: findings that belong together. One actor's findings are one incident; actors join when they act in the
 * same class at the same time and share a network, a client or a target. Many actors under one signature are a campaign.
 */
import { createHash } from 'node:crypto';
import type { ActorProfile, FindingRecord } from './recorder.ts';
import type { Incident } from './report.ts';

/** Findings further apart than this are not one incident unless something bridges the gap. */
const GAP_MS = 3_600_000;
/** Actors from which an incident counts as a campaign. */
const CAMPAIGN_ACTORS = 3;

interface Group {
  readonly profiles: Set<ActorProfile>;
  readonly findings: FindingRecord[];
  from: number;
  to: number;
}

/** Groups findings; `idOf` gives the finding's public id. */
export function incidentsOf(findings: readonly FindingRecord[], idOf: (f: FindingRecord) => string): Incident[] {
  const groups = joinByTraits(groupByActor(findings));
  return groups
    .map((group) => describe(group, idOf))
    .sort((a, b) => b.actors.length - a.actors.length || b.requests - a.requests || (a.id < b.id ? -1 : 1));
}

function groupByActor(findings: readonly FindingRecord[]): Group[] {
  const byProfile = new Map<ActorProfile, Group>();
  for (const finding of findings) {
    const known = byProfile.get(finding.profile);
    if (known === undefined)
      byProfile.set(finding.profile, {
        profiles: new Set([finding.profile]),
        findings: [finding],
        from: finding.detectedMs,
        to: finding.lastMs,
      });
    else {
      known.findings.push(finding);
      known.from = Math.min(known.from, finding.detectedMs);
      known.to = Math.max(known.to, finding.lastMs);
    }
  }
  return [...byProfile.values()].sort((a, b) => a.from - b.from);
}

/** What an actor's group can be joined by. A trait of everybody (an unknown network, no agent) is none. */
function traitsOf(group: Group): string[] {
  const traits: string[] = [];
  for (const profile of group.profiles) {
    const network = profile.actor.dimension === 'ip' ? networkPrefix(profile.actor.key) : '';
    for (const finding of group.findings) {
      const kind = finding.instance.detector.class;
      if (network !== '') traits.push(`${kind}|network ${network}`);
      if (profile.network !== null && profile.network.asn !== 0 && profile.network.class === 'hosting')
        traits.push(`${kind}|AS${profile.network.asn} ${profile.network.name}`);
      if (profile.agent !== '') traits.push(`${kind}|client ${profile.agent.slice(0, 60)}`);
      if (finding.route.length > 1) traits.push(`${kind}|target ${finding.route.slice(0, 60)}`);
    }
  }
  return [...new Set(traits)];
}

function networkPrefix(address: string): string {
  const v4 = /^(\d+\.\d+\.\d+)\.\d+$/.exec(address);
  return v4 ? `${v4[1]}.0/24` : (/^([0-9a-f]+:[0-9a-f]+:[0-9a-f]*)/.exec(address)?.[1] ?? '');
}

/** Joins groups that share two traits, or a network, within the gap. */
function joinByTraits(groups: Group[]): Group[] {
  const joined: Group[] = [];
  const byTrait = new Map<string, Group[]>();
  for (const group of groups) {
    const traits = traitsOf(group);
    const shared = new Map<Group, number>();
    for (const trait of traits)
      for (const other of byTrait.get(trait) ?? [])
        if (group.from - other.to <= GAP_MS && other.from - group.to <= GAP_MS)
          shared.set(other, (shared.get(other) ?? 0) + (trait.includes('|network ') ? 2 : 1));
    const target = [...shared].sort((a, b) => b[1] - a[1]).find(([, n]) => n >= 2)?.[0];
    const into = target ?? group;
    if (target === undefined) joined.push(group);
    else {
      for (const p of group.profiles) target.profiles.add(p);
      target.findings.push(...group.findings);
      target.from = Math.min(target.from, group.from);
      target.to = Math.max(target.to, group.to);
    }
    for (const trait of traits) {
      const list = byTrait.get(trait);
      if (list === undefined) byTrait.set(trait, [into]);
      else if (!list.includes(into)) list.push(into);
    }
  }
  return joined;
}

function describe(group: Group, idOf: (f: FindingRecord) => string): Incident {
  const counts = new Map<string, number>();
  for (const f of group.findings) {
    const kind = f.instance.detector.class;
    counts.set(kind, (counts.get(kind) ?? 0) + f.millinats);
  }
  const kind = [...counts].sort((a, b) => b[1] - a[1])[0][0];
  const profiles = [...group.profiles];
  const shared = commonTraits(group);
  const ids = group.findings.map(idOf);
  const campaign = profiles.length >= CAMPAIGN_ACTORS;
  const who = profiles.length === 1 ? profiles[0].actor.key : `${profiles.length} actors`;
  return {
    id: `I-${createHash('sha256')
      .update([...ids].sort().join())
      .digest('hex')
      .slice(0, 10)}`,
    class: kind,
    title: `${campaign ? 'campaign: ' : ''}${kind.replaceAll('-', ' ')} by ${who}${shared.length > 0 && profiles.length > 1 ? ` (${shared[0]})` : ''}`,
    started_at: new Date(group.from).toISOString(),
    ended_at: new Date(group.to).toISOString(),
    actors: profiles.map((p) => p.actor),
    findings: ids,
    requests: profiles.reduce((sum, p) => sum + p.requestsBefore + p.requests, 0),
    shared,
    campaign,
  };
}

/** Traits that every actor of the incident has. */
function commonTraits(group: Group): string[] {
  const counts = new Map<string, number>();
  for (const profile of group.profiles) {
    const one = { ...group, profiles: new Set([profile]), findings: profile.findings };
    const traits = new Set(traitsOf(one).map((t) => t.slice(t.indexOf('|') + 1)));
    for (const t of traits) counts.set(t, (counts.get(t) ?? 0) + 1);
  }
  return [...counts].filter(([, n]) => n === group.profiles.size).map(([t]) => t);
}
