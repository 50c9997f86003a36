/**
 * The request as the pod behind an ingress controller sees it.
 *
 * Source: ingress-nginx `rootfs/etc/nginx/template/nginx.tmpl` (the proxy_set_header block of a location), defaults of its ConfigMap:
 * the client's own X-Forwarded-* headers are replaced (use-forwarded-headers is false); what came as X-Forwarded-For is kept aside.
 * Left out: X-Request-ID, which is random, and the headers of the connection itself.
 */
import type { Forwarded } from './answer.ts';

/**
 * @param path as the rule rewrites it
 * @param remote source address as the controller's pod sees it
 */
export function forwardThroughNginx(sent: Forwarded, path: string, scheme: string, remote: string): Forwarded {
  const protocol = scheme === 'https' ? 'https' : 'http';
  const original = sent.headers['x-forwarded-for'];
  return {
    host: sent.host,
    path,
    headers: {
      ...sent.headers,
      'x-real-ip': remote,
      'x-forwarded-for': remote,
      'x-forwarded-host': sent.host,
      'x-forwarded-port': scheme === 'https' ? '443' : '80',
      'x-forwarded-proto': protocol,
      'x-forwarded-scheme': protocol,
      'x-scheme': protocol,
      ...(original !== undefined && { 'x-original-forwarded-for': original }),
    },
  };
}
