/** Scenarios as texts, for tests. */
import { ScenarioError } from '../errors.ts';
import { type LoadOptions, loadStudy } from '../scenario/load.ts';
import type { Scenario, Study } from '../scenario/scenario.ts';

/** A Deployment `web` of three pods behind a Service `web`, port 80. */
export const WEB = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: web:1
          ports: [ { containerPort: 8080 } ]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [ { port: 80, targetPort: 8080 } ]
`;

/** A stream with the manifests and a scenario around the given lines (two spaces deep: sections of `spec`). */
export function scenarioText(sections: string, manifests = WEB): string {
  const has = (name: string) => new RegExp(`^  ${name}:`, 'm').test(sections);
  return `${manifests}
---
apiVersion: evenkeel.dev/v1alpha1
kind: Scenario
metadata: { name: test }
spec:
${has('run') ? '' : '  run: { duration: 1m, warmup: 10s }\n'}${has('clients') ? '' : '  clients: [ { name: c, target: http://web/, arrivals: { rate: 10/s } } ]\n'}${sections}
`;
}

export function load(text: string, options: Partial<LoadOptions> = {}): Promise<Study> {
  return loadStudy({ files: ['-'], stdin: text, ...options });
}

/** The only cell of a study with these sections. */
export async function scenario(sections: string, manifests = WEB, options: Partial<LoadOptions> = {}): Promise<Scenario> {
  return (await load(scenarioText(sections, manifests), options)).cells[0].scenario;
}

/** The issues as they are printed; empty when there are none. */
export async function issues(text: string, options: Partial<LoadOptions> = {}): Promise<string[]> {
  try {
    await load(text, options);
    return [];
  } catch (error) {
    if (error instanceof ScenarioError) return error.message.split('\n');
    throw error;
  }
}

export function sectionIssues(sections: string, manifests = WEB, options: Partial<LoadOptions> = {}): Promise<string[]> {
  return issues(scenarioText(sections, manifests), options);
}
