import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { describeProcess } from '../../../src/process/describe-process.ts';
import { compileCondition, conditionProblem } from '../../../src/process/findings/condition.ts';
import { CONDITION_FIELDS, type ConditionFacts, processFacts } from '../../../src/process/findings/condition-facts.ts';
import { type GivenProcess, processOf } from '../process-table.ts';

const CONTEXT = {
  sampledAtMillis: 0,
  bootAnchorMillis: 0,
  ticksPerSecond: 100,
  enhanced: true,
  userName: (id: number) => (id === 33 ? 'www-data' : undefined),
  groupName: () => undefined,
  cpidOf: () => undefined,
};

const factsOf = (given: GivenProcess) => processFacts(describeProcess(processOf(given), undefined, CONTEXT));

const FACTS: ConditionFacts = {
  process: factsOf({
    pid: 4242,
    ppid: 811,
    comm: 'sh',
    details: {
      executablePath: '/usr/bin/dash',
      args: ['sh', '-c', 'id; curl http://x'],
      userId: 33,
      containerId: 'c0',
    },
  }),
  parent: factsOf({ pid: 811, comm: 'php-fpm8.2', details: { userId: 33 } }),
  previous: processFacts(undefined),
  started: true,
};

function holds(text: string, facts: ConditionFacts = FACTS): boolean {
  const compiled = compileCondition(text);
  assert.ok(compiled.ok, compiled.ok ? '' : `${text}: ${compiled.problem.position} ${compiled.problem.reason}`);
  return compiled.condition(facts);
}

suite('a condition', () => {
  for (const [text, expected] of [
    ['process.name == "sh"', true],
    ['process.pid == 4242 && process.parent_pid == parent.pid', true],
    ['process.executable.name == "dash" && process.executable.path.startsWith("/usr/")', true],
    ['process.user.name == "www-data" && parent.name.startsWith("php-fpm")', true],
    ['process.user.id in [0, 33]', true],
    ['process.args.exists(a, a.contains("curl"))', true],
    ['process.args.all(a, a != "--help") && process.args.size() == 3', true],
    ['process.args[1] == "-c"', true],
    ['process.command_line.matches("curl\\\\s+https?://")', true],
    ["process.command_line.matches(r'^sh -c id; curl http://x$')", true],
    ['process.command_line.matches("(?i)CURL")', true],
    ['process.name.matches("^s$")', false],
    ['started && !previous.known && parent.known', true],
    [
      'previous.user.id == -1 && previous.name == "" && previous.args.size() == 0 && !previous.executable.deleted',
      true,
    ],
    ['process.container.id != "" && process.title == ""', true],
    ['"-c" in process.args ? process.pid > 1 : false', true],
    ['(process.name).matches("s") && (process.name + "x").matches("shx")', true],
    ['// why\nprocess.name == "sh" // because', true],
  ] as const) {
    test(`${text} is ${expected}`, () => assert.equal(holds(text), expected));
  }

  test('knows every field of its table, of a process, its parent and what it was before', () => {
    for (const { name, type } of CONDITION_FIELDS) {
      const nothing = { string: '""', int: '-1', bool: 'false', 'list<string>': '[]' }[type];
      for (const who of ['process', 'parent', 'previous']) {
        assert.equal(typeof holds(`${who}.${name} == ${nothing}`), 'boolean');
      }
      assert.equal(holds(`previous.${name} == ${nothing}`), true, name);
    }
  });

  test('that cannot be evaluated for a process is an error, and may say what it does where nothing is there', () => {
    assert.throws(() => holds('process.args[9] == "x"'), /index 9/);
    assert.equal(holds('process.args.size() > 9 && process.args[9] == "x"'), false);
  });
});

suite('a condition is refused, with the place in it', () => {
  for (const [text, position, reason] of [
    ['process.nam == "sh"', 9, /No such key: nam/],
    ['proces.name == "sh"', 1, /Unknown variable: proces/],
    ['process.name ==', 16, /Unexpected token: EOF/],
    ['process.name', undefined, /comes to string, not to true or false/],
    ['process.pid == "1"', 1, /no such overload: int == string/],
    ['process.name + 1 == "x"', 1, /no such overload/],
    ['process.name.matches("(")', 22, /no RE2 regular expression: .*missing closing \)/],
    ['process.name.matches("(?=x)")', 22, /no RE2 regular expression/],
    ['process.name.matches("(a)\\\\1")', 22, /no RE2 regular expression/],
    ['process.name.matches(parent.name)', 1, /something else than one text in quotes/],
    ['process.name.linear_("x")', 1, /calls \.linear_\(\)/],
    ['process.args.map(a, a + a).size() > 0', 1, /calls \.map\(\), which is not among/],
    ['process.args.filter(a, true).size() > 0', 1, /calls \.filter\(\)/],
    ['cel.bind(a, process.name + process.name, a == "x")', 1, /calls \.bind\(\)/],
    ['process.args.exists(a, process.args.exists(b, a == b))', 24, /within another test over a list/],
    ['timestamp("2026-01-01T00:00:00Z") == timestamp("2026-01-01T00:00:00Z")', 1, /calls timestamp\(\)/],
    ['process.constructor == "x"', 9, /No such key: constructor/],
    ['process.__proto__.name == "x"', 9, /No such key: __proto__/],
    ['process.name.matches("x" /* no comment of CEL */)', 27, /cannot be understood/],
    ['process.name.matches(// by what matches\n"(a+)+$")', undefined, /write it without comments/],
    ['', 1, /Unexpected token: EOF/],
  ] as const) {
    test(text === '' ? 'when it is empty' : text, () => {
      const problem = conditionProblem(text);
      assert.match(problem?.reason ?? 'none', reason);
      assert.equal(problem?.position, position);
    });
  }

  test('when it is too long, too large or too deep', () => {
    assert.match(conditionProblem(`process.name == "${'x'.repeat(4_096)}"`)?.reason ?? '', /4114 characters/);
    assert.match(
      conditionProblem(`process.name.matches("${'x'.repeat(300)}")`)?.reason ?? '',
      /pattern of 300 characters/,
    );
    assert.match(conditionProblem(Array(200).fill('started').join(' && '))?.reason ?? 'none', /none/);
    assert.match(conditionProblem(Array(300).fill('started').join(' && '))?.reason ?? '', /maxAstNodes/);
    assert.match(conditionProblem(`${'('.repeat(100)}started${')'.repeat(100)}`)?.reason ?? '', /maxDepth/);
  });
});

suite('the cost of a condition', () => {
  /** What the largest process can hold. */
  const huge: ConditionFacts = {
    ...FACTS,
    process: factsOf({ pid: 1, details: { args: Array.from({ length: 256 }, () => 'a'.repeat(32)) } }),
  };

  for (const text of [
    'process.command_line.matches("(a+)+$") || process.command_line.matches("(a|aa)*b") || process.args.exists(a, a.matches("(a*)*c"))',
    `process.args.all(a, ${Array(60).fill('a.contains("aaaaaaaaab") == false').join(' && ')})`,
  ]) {
    test(`is bounded, whatever a process says: ${text.slice(0, 60)}`, () => {
      const compiled = compileCondition(text);
      assert.ok(compiled.ok);
      const begun = performance.now();
      compiled.condition(huge);
      const tookMillis = performance.now() - begun;
      assert.ok(tookMillis < 2_000, `${tookMillis} ms`);
    });
  }
});
