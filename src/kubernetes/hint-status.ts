/** What has come of the topology hints that a Service asks for, in words for people. */
import { wantsProportionalHints } from './endpoint-hints.ts';
import type { Service } from './objects.ts';
import type { Cluster } from './store.ts';

export const HINTS_ON = 'on';

/**
 * In order of time: `on`, or why there are none or nobody follows them; empty when the Service asks for none and has none.
 * @returns with `topology-mode: Auto` the texts of the controller's events; with `trafficDistribution` how things are now
 */
export function hintStatuses(cluster: Cluster, service: Service): readonly string[] {
  const { namespace = '', name } = service.metadata;
  if (wantsProportionalHints(service)) {
    const events = cluster.events.of('Service', namespace, name).filter(({ reason }) => reason.startsWith('TopologyAwareHints'));
    return events.map(({ reason, message }) => (reason === 'TopologyAwareHintsEnabled' ? HINTS_ON : message));
  }
  const ready = cluster.slicesOf(namespace, name).flatMap(({ endpoints }) => endpoints.filter(({ conditions }) => conditions?.ready !== false));
  const hinted = ready.filter(({ hints }) => (hints?.forZones ?? hints?.forNodes ?? []).length > 0).length;
  if (service.spec.trafficDistribution === undefined && hinted === 0) return [];
  if (ready.length === 0) return ['No ready endpoints'];
  return [hinted === ready.length ? HINTS_ON : `${ready.length - hinted} of ${ready.length} ready endpoints have no hint, so that no node follows the others`];
}
