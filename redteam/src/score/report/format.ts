/** Numbers as people read them. What cannot be said is a dash, what never happened says so. */
import type { Estimate } from '../stats.ts';

export function percent(share: number | null | undefined, digits?: number): string {
  if (share === null || share === undefined || Number.isNaN(share)) return '–';
  const value = share * 100;
  if (value === 0) return '0 %';
  if (value < 0.01) return '<0.01 %';
  if (digits !== undefined) return `${value.toFixed(digits)} %`;
  if (value < 1) return `${value.toPrecision(1)} %`;
  return `${value > 99 && value < 100 ? value.toFixed(1) : Math.round(value)} %`;
}

export function seconds(s: number | null): string {
  if (s === null) return '–';
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 120) return `${Math.round(s)} s`;
  if (s < 7200) return `${Math.round(s / 60)} min`;
  if (s < 48 * 3600) return `${(s / 3600).toFixed(1)} h`;
  return `${(s / 86_400).toFixed(1)} d`;
}

export function count(n: number | null): string {
  if (n === null) return '–';
  if (n >= 10_000_000) return `${(n / 1e6).toFixed(0)} M`;
  if (n >= 1_000_000) return `${(n / 1e6).toFixed(1)} M`;
  if (n >= 10_000) return `${Math.round(n / 1000)} k`;
  return Number.isInteger(n) ? String(n) : n.toFixed(1);
}

/** US cents; null means that nothing was gained for them. */
export function cents(value: number | null): string {
  if (value === null) return 'no gain';
  if (value >= 1e6) return `$${count(value / 100)}`;
  if (value >= 100) return `$${(value / 100).toFixed(value >= 10_000 ? 0 : 2)}`;
  if (value === 0) return '0 ¢';
  return `${value < 0.001 ? '<0.001' : Number(value.toPrecision(2))} ¢`;
}

/** Mean and interval: "83 % (71–95)". */
export function shareEstimate(e: Estimate): string {
  if (e.mean === null) return '–';
  const whole = percent(e.mean);
  if (e.low === null || e.high === null) return whole;
  if (e.high === 0) return '0 % (0–0)';
  const digits = e.high < 0.01 ? 3 : e.high < 0.1 ? 1 : 0;
  return `${whole} (${(e.low * 100).toFixed(digits)}–${(e.high * 100).toFixed(digits)})`;
}

/** The same for what is no share. */
export function numberEstimate(e: Estimate, show: (n: number) => string): string {
  if (e.mean === null) return '–';
  if (e.low === null || e.high === null) return show(e.mean);
  return `${show(e.mean)} (${show(e.low)}–${show(e.high)})`;
}

/** What each system is called where there is room. */
export const SYSTEM_NAMES: Readonly<Record<string, string>> = {
  sallyport: 'Sallyport',
  'address-limit': 'per-address limit',
  'log-rules': 'three log rules',
  crowdsec: 'CrowdSec',
  fail2ban: 'fail2ban',
};
