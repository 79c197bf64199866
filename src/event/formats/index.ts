/**
 * Every log format, in the order in which detection prefers them: those that only their own server writes first, the
 * general ones last.
 */
import type { LogFormat } from '../format.ts';
import { AWS_ALB } from './aws-alb.ts';
import { CADDY } from './caddy.ts';
import { APACHE_COMBINED, COMBINED } from './combined.ts';
import { ENVOY } from './envoy.ts';
import { ENVOY_JSON } from './envoy-json.ts';
import { FormatError } from './errors.ts';
import { GENERIC_JSON } from './generic-json.ts';
import { HAPROXY } from './haproxy.ts';
import { NGINX_JSON } from './nginx-json.ts';
import { NGINX_PROXY_MANAGER } from './nginx-proxy-manager.ts';
import { SALLYPORT } from './sallyport.ts';
import { TRAEFIK } from './traefik.ts';
import { TRAEFIK_JSON } from './traefik-json.ts';
import { W3C } from './w3c.ts';

export const FORMATS: readonly LogFormat[] = [
  SALLYPORT,
  CADDY,
  TRAEFIK_JSON,
  ENVOY_JSON,
  NGINX_JSON,
  TRAEFIK,
  ENVOY,
  HAPROXY,
  AWS_ALB,
  NGINX_PROXY_MANAGER,
  W3C,
  COMBINED,
  APACHE_COMBINED,
  GENERIC_JSON,
];

/** The format of an id. FormatError `format.unknown` with the ids there are. */
export function formatById(id: string): LogFormat {
  const format = FORMATS.find((f) => f.id === id);
  if (format === undefined) {
    throw new FormatError(
      'format.unknown',
      `There is no log format "${id}". Known: ${FORMATS.map((f) => f.id).join(', ')}.`,
    );
  }
  return format;
}
