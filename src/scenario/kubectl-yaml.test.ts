/** The same documents through our reader and through the real kubectl. */
import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { readObject } from './classify.ts';
import { collectManifests } from './manifests.ts';
import { Report } from './report.ts';
import { parseDocuments } from './yaml.ts';

function read(text: string): { value: unknown; issues: readonly { problem: string }[] } {
  const report = new Report();
  const manifests = collectManifests(parseDocuments({ file: 'x.yaml', relativeName: 'x.yaml', folder: '.', text }, report), report);
  const objects = manifests.map((manifest) => readObject(manifest, report));
  return { value: objects[0], issues: report.issues };
}

function kubectl(verb: readonly string[], input: string): { status: number | null; stdout: string; stderr: string } {
  return spawnSync('kubectl', [...verb, '--local', '-f', '-', 'test=x', '-o', 'json'], { input, encoding: 'utf8' });
}

function service(lines: string): string {
  return `apiVersion: v1\nkind: Service\nmetadata:\n  name: x\nspec:\n  ports: [ { port: 80 } ]\n${lines}`;
}

function port(value: string): string {
  return `apiVersion: v1\nkind: Service\nmetadata: { name: x }\nspec: { ports: [ { port: ${value} } ] }`;
}

const CASES: readonly { readonly name: string; readonly text: string }[] = [
  { name: 'yes is true', text: service('  publishNotReadyAddresses: yes') },
  { name: 'off is false', text: service('  publishNotReadyAddresses: off') },
  { name: 'a leading zero is octal', text: port('0120') },
  { name: '0o120 is octal', text: port('0o120') },
  { name: 'keys on: and y: are "true"', text: service('  selector: { on: a, y: b }') },
  { name: 'the label value y is a boolean, and refused', text: service('  selector: { app: y }') },
  { name: 'the label value "y" is a string', text: service('  selector: { app: "y" }') },
  { name: 'a number as a label value is refused', text: service('  selector: { app: 1 }') },
  { name: 'sexagesimal numbers stay strings', text: service('  selector: { app: 12:30:45 }') },
  { name: 'dates stay strings', text: service('  selector: { app: 2001-12-14 }') },
  { name: 'the last duplicate key counts', text: service('  selector: { app: a }\n  selector: { app: b }') },
  { name: 'anchors and merge keys', text: service('  selector: &s { app: a }\n  sessionAffinityConfig: { clientIP: { timeoutSeconds: 1_000 } }') },
  { name: 'null is unset', text: service('  selector: ~\n  clusterIP:') },
  { name: 'a string for a number is refused', text: port('"80"') },
  { name: 'a fraction for a number is refused', text: port('80.5') },
  { name: 'a target port may be a name', text: 'apiVersion: v1\nkind: Service\nmetadata: { name: x }\nspec: { ports: [ { port: 80, targetPort: http } ] }' },
  { name: 'hexadecimal numbers', text: port('0x50') },
  { name: 'binary numbers', text: port('0b1010000') },
  { name: 'a whole float', text: port('80.0') },
  { name: 'an exponent', text: port('8e1') },
  { name: 'a plus sign', text: port('+80') },
  { name: 'underscores', text: port('8_080') },
  { name: 'NULL is unset', text: service('  clusterIP: NULL') },
  { name: 'TRUE is true', text: service('  publishNotReadyAddresses: TRUE') },
  { name: 'N is no boolean value of a string field', text: service('  clusterIP: N') },
  { name: 'infinity is no string', text: service('  clusterIP: .inf') },
  { name: 'a tag makes a string', text: service('  clusterIP: !!str 10') },
  { name: 'folded text', text: service('  clusterIP: >-\n    a\n    b') },
  { name: 'a list for an object is refused', text: service('  selector: [ a ]') },
  { name: 'a string for a boolean is refused', text: service('  publishNotReadyAddresses: "true"') },
];

describe('manifests, beside the real kubectl', function () {
  this.timeout(60_000);

  before(function () {
    const found = spawnSync('kubectl', ['version', '--client'], { encoding: 'utf8' });
    if (found.status !== 0) {
      this.test?.parent?.tests.forEach((test) => {
        test.title += ' (skipped: no kubectl on this machine)';
      });
      this.skip();
    }
  });

  for (const { name, text } of CASES) {
    it(name, () => {
      const ours = read(text);
      // `set selector` decodes into Go types and refuses what does not fit; `label` prints the values as they were read.
      const typed = kubectl(['set', 'selector'], text);
      const values = kubectl(['label'], text);
      const isRefused = typed.status !== 0 || values.status !== 0;
      expect(ours.issues.length > 0, `we: ${ours.issues.map((issue) => issue.problem).join()}; kubectl: ${typed.stderr}`).to.equal(isRefused);
      if (isRefused) return;
      const { spec } = JSON.parse(values.stdout, (_, value: unknown) => (value === null ? undefined : value)) as { spec: unknown };
      expect((ours.value as { spec: unknown }).spec).to.deep.equal(spec);
    });
  }
});
