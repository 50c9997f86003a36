import { expect } from 'chai';
import fc from 'fast-check';
import { deployment, kubectl, podNames, service, world } from '../testing/kubernetes-world.ts';
import { parseKubectl, shellWords } from './kubectl-line.ts';

const parsed = (line: string) => {
  const result = parseKubectl(line);
  return 'command' in result ? result.command : result.problem;
};

describe('kubectl lines', () => {
  const target = { kind: 'Deployment', namespace: 'default', names: ['web'], selector: null };
  for (const line of [
    'kubectl scale deployment/web --replicas=10',
    'kubectl scale --replicas 10 deploy web',
    'kubectl scale deployments.apps/web --replicas=10',
    '  scale   deployment.v1.apps web "--replicas=10"',
    'kubectl scale deployment/web --replicas=10 -n default',
    'kubectl scale deployment/web --replicas=10 --namespace=default',
    'kubectl scale deployment/web --replicas=10 -ndefault',
  ]) {
    it(`reads ${line}`, () => expect(parsed(line)).to.deep.equal({ verb: 'scale', ...target, replicas: 10 }));
  }

  it('reads the other verbs', () => {
    expect(parsed('kubectl rollout restart deployment/web')).to.deep.equal({ verb: 'rollout restart', ...target });
    expect(parsed('kubectl delete pod a b -n shop')).to.deep.equal({ verb: 'delete', kind: 'Pod', namespace: 'shop', names: ['a', 'b'], selector: null });
    expect(parsed('kubectl delete po/a')).to.deep.include({ kind: 'Pod', names: ['a'] });
    expect(parsed("kubectl delete pods -l 'app=web,tier!=db,new,!old'")).to.deep.include({
      names: [],
      selector: {
        matchLabels: { app: 'web' },
        matchExpressions: [
          { key: 'tier', operator: 'NotIn', values: ['db'] },
          { key: 'new', operator: 'Exists' },
          { key: 'old', operator: 'DoesNotExist' },
        ],
      },
    });
    expect(parsed('kubectl delete pods --all')).to.deep.include({ selector: {} });
    expect(parsed('kubectl label pod a app=web track- --overwrite')).to.deep.include({ names: ['a'], labels: { app: 'web', track: null }, overwrite: true });
  });

  for (const [line, problem] of [
    ['', 'no kubectl command'],
    ['kubectl apply -f x', 'unknown kubectl command "apply"'],
    ['kubectl rollout undo deployment/x', 'unknown kubectl command "rollout undo"'],
    ['kubectl scale deployment/web', 'The --replicas=COUNT flag is required'],
    ['kubectl scale deployment/web --replicas=-3', 'COUNT must be greater than or equal to 0'],
    ['kubectl scale deployment/web --replicas=many', 'COUNT must be greater than or equal to 0'],
    ['kubectl scale deployment/web --replicas=999999999', 'is too many'],
    ['kubectl scale deployment/web --replicas', 'flag needs an argument: --replicas'],
    ['kubectl scale daemonset/web --replicas=1', 'does not work on "daemonset"'],
    ['kubectl delete pod a --force', 'unknown flag "--force" of kubectl delete'],
    ['kubectl delete pod', 'kubectl delete pod needs a name'],
    ['kubectl delete', 'kubectl delete needs to know what'],
    ['kubectl delete pod a -l app=x', 'names cannot be given together with a selector'],
    ['kubectl delete pod/a svc/b', 'several kinds at once'],
    ['kubectl delete pod/a/b', 'single resource and name'],
    ['kubectl delete pod -l "app in (a)"', 'cannot read the selector'],
    ['kubectl label pod a', 'at least one label update is required'],
    ['kubectl label pod a b=c=d', 'invalid label value "c=d"'],
    ['kubectl label pod a __proto__=x', 'invalid label key "__proto__"'],
    ['kubectl delete pod "a', 'a quote is not closed'],
  ]) {
    it(`refuses ${line || 'an empty line'}`, () => expect(parsed(line)).to.be.a('string').and.contain(problem));
  }

  it('splits words as a shell does', () => {
    expect(shellWords(`a 'b c' "d \\"e\\"" f\\ g h'i'"j"`)).to.deep.equal(['a', 'b c', 'd "e"', 'f g', 'hij']);
    expect(shellWords("a '' b")).to.deep.equal(['a', '', 'b']);
  });

  it('answers any text with a command or a problem', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `kubectl delete pod ${text}`),
          fc.string().map((text) => `kubectl label pod x ${text}`),
        ),
        (line) => {
          const result = parseKubectl(line);
          expect('command' in result || (result.problem.length > 0 && result.hint.length > 0)).to.equal(true);
        },
      ),
      { seed: 3, numRuns: 500 },
    );
  });
});

describe('running kubectl', () => {
  it('answers as kubectl does', () => {
    const result = world([deployment('web', 2), service('web')]);
    const [first] = podNames(result);
    expect(kubectl(result, 'kubectl scale deployment/web --replicas=2').output).to.deep.equal(['deployment.apps/web scaled']);
    expect(kubectl(result, `kubectl label pod ${first} track=canary`).output).to.deep.equal([`pod/${first} labeled`]);
    expect(kubectl(result, `kubectl label pod ${first} track=canary`).output).to.deep.equal([`pod/${first} not labeled`]);
    expect(kubectl(result, `kubectl label pod ${first} track=stable`).errors).to.deep.equal([
      "error: 'track' already has a value (canary), and --overwrite is false",
    ]);
    expect(kubectl(result, `kubectl label pod ${first} track-`).output).to.deep.equal([`pod/${first} labeled`]);
    expect(kubectl(result, `kubectl delete pod ${first}`).output).to.deep.equal([`pod "${first}" deleted`]);
    expect(kubectl(result, 'kubectl rollout restart deployment/web').output).to.deep.equal(['deployment.apps/web restarted']);
    expect(kubectl(result, 'kubectl rollout restart deployment/web').errors[0]).to.contain('please wait before attempting to trigger another');
    expect(kubectl(result, 'kubectl delete deployment web').output).to.deep.equal(['deployment.apps "web" deleted']);
    expect(kubectl(result, 'kubectl delete svc web').output).to.deep.equal(['service "web" deleted']);
  });

  it('says what is not there, and does the rest', () => {
    const result = world([deployment('web', 1)]);
    const [name] = podNames(result);
    expect(kubectl(result, 'kubectl scale deployment/x --replicas=1').errors).to.deep.equal(['Error from server (NotFound): deployments.apps "x" not found']);
    expect(kubectl(result, `kubectl delete pod x ${name}`)).to.deep.equal({
      output: [`pod "${name}" deleted`],
      errors: ['Error from server (NotFound): pods "x" not found'],
    });
    expect(kubectl(result, 'kubectl delete pod -l app=nobody').errors).to.deep.equal(['No resources found in default namespace.']);
  });
});
