import { expect } from 'chai';
import { ScenarioError } from '../../errors.ts';
import { type KnobText, parseKnob } from './knob.ts';

const knob = (text: string, step?: string) => parseKnob({ ask: 'smallest', text, ...(step !== undefined && { step }) });

describe('a knob', () => {
  it('is a path with a range of whole numbers', () => {
    expect(knob('deployment/web.spec.replicas=1..5')).to.deep.equal({
      ask: 'smallest',
      path: 'deployment/web.spec.replicas',
      values: ['1', '2', '3', '4', '5'],
      numbers: [1, 2, 3, 4, 5],
      unit: '',
      step: '1',
    });
  });

  it('keeps the unit, and steps by exact decimals', () => {
    expect(knob('clients[0].arrivals.rate=100/s..300/s', '50/s').values).to.deep.equal(['100/s', '150/s', '200/s', '250/s', '300/s']);
    expect(knob('deployment/web.spec.template.spec.containers[0].resources.limits.cpu=500m..1000m', '250m').values).to.deep.equal(['500m', '750m', '1000m']);
    expect(knob('x=0.1..0.5', '0.1').values).to.deep.equal(['0.1', '0.2', '0.3', '0.4', '0.5']);
    expect(knob('x=9.9..10.2', '0.1').numbers).to.deep.equal([9.9, 10, 10.1, 10.2]);
    expect(knob('x=1..10', '4').values).to.deep.equal(['1', '5', '9']);
  });

  it('chooses a round step, so that a range has at most 200 of them', () => {
    expect(knob('clients[0].arrivals.rate=100/s..2000/s').step).to.equal('10/s');
    expect(knob('x=10ms..20ms').step).to.equal('0.05ms');
    expect(knob('x=1..4000').step).to.equal('1');
  });

  it('may be a list', () => {
    expect(knob('x=2,4, 8')).to.include({ unit: '' }).and.not.to.have.property('step');
    expect(knob('x=2,4, 8').values).to.deep.equal(['2', '4', '8']);
  });

  it('takes a path with an equals sign in it', () => {
    expect(knob('workloads["a=b"].concurrency=1..4').path).to.equal('workloads["a=b"].concurrency');
  });

  const wrong: readonly [string, string | undefined, string][] = [
    ['deployment/web.spec.replicas', undefined, 'not path=from..to'],
    ['=1..4', undefined, 'not path=from..to'],
    ['x=', undefined, 'not path=from..to'],
    ['x=1..2..3', undefined, 'not from..to'],
    ['x=a..b', undefined, 'not a range of numbers'],
    ['x=500ms..2s', undefined, 'two units in one range "500ms..2s" (write both ends in ms)'],
    ['x=5..5', undefined, 'the range is empty'],
    ['x=9..1', undefined, 'the range is empty'],
    ['x=1..1000000', undefined, 'too many values'],
    ['x=1..4', '0', 'not a step above 0'],
    ['x=1/s..4/s', '1', 'another unit than that of the range "1" (write 1/s)'],
    ['x=1..4', '10', 'longer than the range'],
    ['x=1,2', '1', 'a list has no step'],
    ['x=2,1', undefined, 'not in ascending order'],
    ['x=iptables,ipvs', undefined, 'not a list of two values or more in one unit'],
  ];
  for (const [text, step, message] of wrong) {
    it(`refuses ${text}${step === undefined ? '' : ` with --step ${step}`}`, () => {
      const given: KnobText = { ask: 'largest', text, ...(step !== undefined && { step }) };
      expect(() => parseKnob(given)).to.throw(ScenarioError, message);
    });
  }
});
