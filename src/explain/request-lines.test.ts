import { expect } from 'chai';
import { loadStudy, ProbeReader } from '../scenario/index.ts';
import { RequestLines } from './request-lines.ts';

const MANIFEST =
  '{ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "web" }, "spec": { "selector": { "app": "web" }, "ports": [ { "port": 80 } ] } }';

async function reader(url?: string): Promise<RequestLines> {
  const { cells } = await loadStudy({ files: ['-'], stdin: MANIFEST, fallback: { to: 'http://nobody.invalid/', rate: '1/s', duration: '1s' } });
  return new RequestLines(new ProbeReader(cells[0].scenario), { ...(url !== undefined && { url }), method: 'GET', headers: { accept: '*/*' }, seed: '7' });
}

describe('lines of requests', () => {
  it('take what they leave out from the flags', async () => {
    const request = (await reader('http://web/a')).read('{"method":"POST","headers":{"Host":"x.example"},"seed":12}', 'r:1');
    expect(request).to.deep.include({ method: 'POST', path: '/a', seed: '12', from: { type: 'nodes' }, headers: { accept: '*/*', host: 'x.example' } });
  });

  it('say what is wrong with them, with their place', async () => {
    const lines = await reader();
    const problem = (text: string) => {
      const read = lines.read(text, 'r:3');
      return 'problem' in read ? read.problem : 'none';
    };
    expect(problem('{"url":')).to.contain('r:3: not a JSON object');
    expect(problem('[]')).to.contain('not a JSON object');
    expect(problem('{}')).to.contain('no url');
    expect(problem('{"url":"http://web/","sed":1}')).to.contain('unknown field "sed"');
    expect(problem('{"url":"http://web/","__proto__":1}')).to.contain('unknown field "__proto__"');
    expect(problem('{"url":"http://web/","headers":{"a":1}}')).to.contain('headers is not an object of texts');
    expect(problem('{"url":"http://web/","headers":{"a b":"1"}}')).to.contain('not a header');
    expect(problem('{"url":"http://web/","method":"G T"}')).to.contain('not a method');
    expect(problem('{"url":"web"}')).to.contain('not a URL');
    expect(problem('{"url":"http://web/","from":"deployment/x"}')).to.contain('no such Deployment');
    expect(problem(`{"url":"http://web/${'x'.repeat(1 << 20)}"}`)).to.contain('longer than 1 MiB');
  });
});
