/** One request, as a user writes it for `trace`: its URL and where it comes from, read by the same rules as a client's. */
import { type Issue, ScenarioError } from '../errors.ts';
import { type ClientSurroundings, readFrom } from './clients.ts';
import { Context } from './context.ts';
import type { Document } from './document.ts';
import { Report } from './report.ts';
import type { ClientPlace, Scenario, TargetUrl } from './scenario.ts';
import { readTarget } from './targets.ts';
import { WorkloadIndex } from './workload-index.ts';

export interface Probe {
  readonly target: TargetUrl;
  readonly from: ClientPlace;
}

export class ProbeReader {
  private readonly around: ClientSurroundings;

  constructor({ objects, cluster }: Pick<Scenario, 'objects' | 'cluster'>) {
    this.around = { objects, nodes: cluster.nodes, index: new WorkloadIndex(objects) };
  }

  /**
   * @param from `external`, `vpc`, `nodes`, `node/NAME`, `deployment/NAME` …; undefined = the nodes for names of the cluster, else external
   * @param where names the two values in issues: the place, e.g. `--to` or `requests.jsonl:12`
   * @throws ScenarioError with what is wrong with either
   */
  read(url: string, from: string | undefined, where: { readonly url: string; readonly from: string }): Probe {
    const report = new Report();
    const document: Document = {
      value: {},
      file: where.url,
      relativeName: where.url,
      folder: '.',
      isScenario: true,
      locate: (path) => (path[0] === 'from' ? where.from : where.url),
    };
    const context = new Context(document, report, new Map());
    const target = readTarget(context, ['url'], url);
    const place = readFrom(context, ['from'], from, target, this.around);
    if (report.issues.length > 0) throw new ScenarioError(report.issues.map(withoutPath));
    return { target, from: place };
  }
}

/** Flags and lines are small enough to name the value by itself. */
function withoutPath({ path: _path, ...issue }: Issue): Issue {
  return issue;
}
