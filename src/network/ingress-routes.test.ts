import { expect } from 'chai';
import { isHarmlessPattern } from './harmless-pattern.ts';
import { compileRoutes, forwardedPath, type IngressDefault, type IngressRule, matchRoute, type PathType, type RouteTable } from './ingress-routes.ts';

const NGINX = 'nginx.ingress.kubernetes.io/';

function rule(path: string, pathType: PathType, service: string, more: Partial<IngressRule> = {}): IngressRule {
  return { namespace: 'default', name: 'shop', annotations: {}, host: '', path, pathType, service, port: 80, ...more };
}

function fallback(service: string, hosts: string[] = []): IngressDefault {
  return { namespace: 'default', name: 'shop', annotations: {}, service, port: 80, hosts };
}

function serviceOf(table: RouteTable, path: string, host = 'shop.example'): string | null {
  return matchRoute(table, host, path)?.backend.service ?? null;
}

/** Does a single rule match the path? */
function matches(path: string, pathType: PathType, request: string): boolean {
  return serviceOf(compileRoutes([rule(path, pathType, 'web')], []), request) === 'web';
}

describe('ingress routes', () => {
  describe('the table of KEP-1453', () => {
    const rows: [string, PathType, string, boolean][] = [
      ['/foo', 'Exact', '/foo', true],
      ['/foo', 'Exact', '/foo/', false],
      ['/foo', 'Exact', '/Foo', false],
      ['/foo/', 'Exact', '/foo', false],
      ['/foo', 'Prefix', '/foo', true],
      ['/foo', 'Prefix', '/foo/', true],
      ['/foo/', 'Prefix', '/foo', true],
      ['/foo/', 'Prefix', '/foo/', true],
      ['/aaa/bb', 'Prefix', '/aaa/bbb', false],
      ['/aaa/bbb/', 'Prefix', '/aaa/bbb', true],
      ['/aaa/bbb', 'Prefix', '/aaa/bbb/', true],
      ['/aaa/bbb', 'Prefix', '/aaa/bbb/ccc', true],
      ['/aaa/bbb', 'Prefix', '/aaa/bbbxyz', false],
      ['/', 'Prefix', '/anything/at/all', true],
    ];
    for (const [path, type, request, expected] of rows) {
      it(`${type} ${path} ${expected ? 'matches' : 'does not match'} ${request}`, () => {
        expect(matches(path, type, request)).to.equal(expected);
      });
    }

    it('takes the longest of /, /aaa and /aaa/bbb', () => {
      const table = compileRoutes([rule('/', 'Prefix', 'root'), rule('/aaa', 'Prefix', 'a'), rule('/aaa/bbb', 'Prefix', 'b')], []);
      expect(['/aaa/bbb', '/aaa/ccc', '/ccc'].map((path) => serviceOf(table, path))).to.deep.equal(['b', 'a', 'root']);
    });

    it('sends /ccc to the default backend when there is only /aaa', () => {
      const rules = [rule('/aaa', 'Prefix', 'a', { host: 'shop.example' })];
      expect(serviceOf(compileRoutes(rules, [fallback('spare', ['shop.example'])]), '/ccc')).to.equal('spare');
      expect(serviceOf(compileRoutes(rules, []), '/ccc')).to.equal(null);
    });

    it('prefers Exact /foo to Prefix /foo, whichever comes first', () => {
      const rules = [rule('/foo', 'Prefix', 'prefix'), rule('/foo', 'Exact', 'exact')];
      for (const order of [rules, rules.toReversed()]) {
        expect(['/foo', '/foo/', '/foo/x'].map((path) => serviceOf(compileRoutes(order, []), path))).to.deep.equal(['exact', 'prefix', 'prefix']);
      }
    });

    it('lets *.foo.com stand for one label', () => {
      const table = compileRoutes([rule('/', 'Prefix', 'wild', { host: '*.foo.com' })], []);
      expect(['bar.foo.com', 'baz.bar.foo.com', 'foo.com', '.foo.com'].map((host) => serviceOf(table, '/', host))).to.deep.equal(['wild', null, null, null]);
    });
  });

  describe('host', () => {
    const table = compileRoutes(
      [rule('/a', 'Prefix', 'exact', { host: 'Bar.foo.com' }), rule('/', 'Prefix', 'wild', { host: '*.foo.com' }), rule('/', 'Prefix', 'any')],
      [],
    );

    it('is exact before wildcard before empty, and case, port and final dot do not matter', () => {
      expect(['bar.foo.com', 'BAR.foo.COM:8080', 'bar.foo.com.', 'x.foo.com', 'other'].map((host) => serviceOf(table, '/a', host))).to.deep.equal([
        'exact',
        'exact',
        'exact',
        'wild',
        'any',
      ]);
    });

    it('is chosen before the path: its own 404, not the rule of a wider host', () => {
      expect(serviceOf(table, '/b', 'bar.foo.com')).to.equal(null);
    });

    it('that no rule knows goes to a default backend of an Ingress without rules, else to 404', () => {
      const rules = [rule('/', 'Prefix', 'web', { host: 'foo.com' })];
      expect(serviceOf(compileRoutes(rules, [fallback('spare')]), '/', 'other')).to.equal('spare');
      expect(serviceOf(compileRoutes(rules, [fallback('spare', ['foo.com'])]), '/', 'other')).to.equal(null);
    });
  });

  describe('as nginx does it', () => {
    it('takes ImplementationSpecific as a plain prefix of the text', () => {
      expect(matches('/foo', 'ImplementationSpecific', '/foobar')).to.equal(true);
      expect(matches('/foo', 'ImplementationSpecific', '/fo')).to.equal(false);
      expect(matches('', 'ImplementationSpecific', '/foo')).to.equal(true);
    });

    it('lets the first of two equal rules win', () => {
      const table = compileRoutes([rule('/a', 'Prefix', 'first'), rule('/a/', 'Prefix', 'second', { name: 'later' })], []);
      expect([serviceOf(table, '/a'), serviceOf(table, '/a/')]).to.deep.equal(['first', 'first']);
    });

    it('looks at the path without the query', () => {
      const table = compileRoutes([rule('/a', 'Exact', 'web')], []);
      expect(serviceOf(table, '/a?b=/c')).to.equal('web');
    });

    it('turns all paths of a host into expressions when one rule uses them, by descending length, without regard to case', () => {
      const rules = [
        rule('/foo/bar', 'Exact', 'plain', { host: 'h' }),
        rule('/foo/bar/[A-Z0-9]{3}', 'ImplementationSpecific', 'regex', { host: 'h', name: 'r', annotations: { [`${NGINX}use-regex`]: 'true' } }),
        rule('/foo/bar', 'Exact', 'other', { host: 'i' }),
      ];
      const table = compileRoutes(rules, []);
      expect(['/foo/bar/b1c', '/foo/bar/bac/x', '/FOO/barbie', '/foo'].map((path) => serviceOf(table, path, 'h'))).to.deep.equal([
        'regex',
        'regex',
        'plain',
        null,
      ]);
      expect(serviceOf(table, '/foo/barbie', 'i')).to.equal(null);
    });

    it('rewrites the path with the groups of the expression', () => {
      const annotations = { [`${NGINX}rewrite-target`]: '/$2' };
      const table = compileRoutes([rule('/something(/|$)(.*)', 'ImplementationSpecific', 'web', { annotations })], []);
      const forwarded = (path: string): string | null => {
        const route = matchRoute(table, 'h', path);
        return route === null ? null : forwardedPath(route, path);
      };
      expect(['/something', '/something/', '/something/new', '/other'].map(forwarded)).to.deep.equal(['/', '/', '/new', null]);
    });

    it('leaves the path alone without a rewrite', () => {
      const table = compileRoutes([rule('/a', 'Prefix', 'web')], [fallback('spare')]);
      for (const path of ['/a/b', '/c']) {
        const route = matchRoute(table, 'h', path);
        expect(route === null ? null : forwardedPath(route, path)).to.equal(path);
      }
    });

    it('names the rules whose expression cannot be matched', () => {
      const annotations = { [`${NGINX}use-regex`]: 'true' };
      const bad = ['/(a+)+$', '/a(', '/(?i)a'].map((path) => rule(path, 'ImplementationSpecific', 'web', { annotations }));
      const table = compileRoutes([...bad, rule('/ok', 'Prefix', 'ok')], []);
      expect(table.problems.map((p) => p.rule.path)).to.have.members(['/(a+)+$', '/a(', '/(?i)a']);
      expect(serviceOf(table, '/ok')).to.equal('ok');
    });
  });
});

describe('harmless pattern', () => {
  for (const text of ['/foo', '/something(/|$)(.*)', '/api/v[0-9]+/(.*)', '/(?:a|b)/x', '/[(+*]+/a', '/a\\(b+\\)+', '/(ab)+', '/x{2,3}']) {
    it(`takes ${text}`, () => {
      expect(isHarmlessPattern(text)).to.equal(true);
    });
  }
  for (const text of ['(a+)+', '(a*)*', '(a|a)*', '((a+)b)+', '(a{2,})+', '(.*)\\1', '(a|b){5}']) {
    it(`refuses ${text}`, () => {
      expect(isHarmlessPattern(text)).to.equal(false);
    });
  }
});
