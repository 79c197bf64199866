/**
 * The facts of one event as detectors read them: a movable view on a row of a batch. No method allocates.
 */
import { type FactBatch, FLAG, type TextName, textOf } from '../enrich/facts.ts';

export class Facts {
  batch!: FactBatch;
  row = 0;
  /** Time of this event in ms: the request's start, or the response's end. */
  now = 0;

  at(batch: FactBatch, row: number, now: number): this {
    this.batch = batch;
    this.row = row;
    this.now = now;
    return this;
  }

  get status(): number {
    return this.batch.status[this.row];
  }
  get method(): number {
    return this.batch.method[this.row];
  }
  get bytes(): number {
    return this.batch.bytes[this.row];
  }
  get durationMs(): number {
    return this.batch.durationMs[this.row];
  }
  get route(): number {
    return this.batch.route[this.row];
  }
  get routeClass(): number {
    return this.batch.routeClass[this.row];
  }
  get page(): number {
    return this.batch.page[this.row];
  }
  get flags(): number {
    return this.batch.flags[this.row];
  }
  get objectNumber(): number {
    return this.batch.objectNumber[this.row];
  }
  get software(): number {
    return this.batch.software[this.row];
  }
  get softwareClass(): number {
    return this.batch.softwareClass[this.row];
  }
  get bot(): number {
    return this.batch.bot[this.row];
  }
  get botStatus(): number {
    return this.batch.botStatus[this.row];
  }
  get networkClass(): number {
    return this.batch.networkClass[this.row];
  }
  get asn(): number {
    return this.batch.asn[this.row];
  }
  get contentMillinats(): number {
    return this.batch.contentMillinats[this.row];
  }
  get contentRule(): number {
    return this.batch.contentRule[this.row];
  }
  get contentField(): number {
    return this.batch.contentField[this.row];
  }
  get probeRule(): number {
    return this.batch.probeRule[this.row];
  }
  get decoy(): number {
    return this.batch.decoy[this.row];
  }
  get business(): number {
    return this.batch.business[this.row];
  }
  get kind(): number {
    return this.batch.kind[this.row];
  }
  get amountMinor(): number {
    return this.batch.amountMinor[this.row];
  }
  get cost(): number {
    return this.batch.cost[this.row];
  }
  get objects(): number {
    return this.batch.objects[this.row];
  }
  get schema(): number {
    return this.batch.schema[this.row];
  }
  get leaks(): number {
    return this.batch.leaks[this.row];
  }
  get leaked(): number {
    return this.batch.leaked[this.row];
  }
  get plan(): number {
    return this.batch.plan[this.row];
  }
  get authScheme(): number {
    return this.batch.authScheme[this.row];
  }
  get authOutcome(): number {
    return this.batch.authOutcome[this.row];
  }
  get role(): number {
    return this.batch.role[this.row];
  }
  get sensitivity(): number {
    return this.batch.sensitivity[this.row];
  }
  get handshakeClass(): number {
    return this.batch.handshakeClass[this.row];
  }
  get bodyKind(): number {
    return this.batch.bodyKind[this.row];
  }
  get password(): number {
    return this.batch.password[this.row];
  }

  has(flag: number): boolean {
    return (this.batch.flags[this.row] & flag) !== 0;
  }
  get hasObject(): boolean {
    return this.batch.objectLo[this.row] !== 0 || this.batch.objectHi[this.row] !== 0;
  }
  get hasPrincipal(): boolean {
    return this.batch.principalLo[this.row] !== 0;
  }
  get hasPartner(): boolean {
    return this.batch.partnerLo[this.row] !== 0;
  }
  get hasDevice(): boolean {
    return this.batch.deviceLo[this.row] !== 0;
  }
  get hasSubject(): boolean {
    return this.batch.subjectLo[this.row] !== 0;
  }
  get hasOwner(): boolean {
    return this.batch.ownerLo[this.row] !== 0;
  }
  get hasMail(): boolean {
    return this.batch.mailLo[this.row] !== 0;
  }
  /** Does the object belong to whoever is calling? False where either is unknown: ask {@link hasOwner} first. */
  get ownsObject(): boolean {
    const { batch: b, row } = this;
    return b.ownerHi[row] === b.principalHi[row] && b.ownerLo[row] === b.principalLo[row];
  }
  get authenticated(): boolean {
    return this.has(FLAG.AUTHENTICATED);
  }

  /** A text of the exchange, for sentences: allocates. */
  text(name: TextName): string {
    return textOf(this.batch, this.row, name);
  }
}
