import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { checkConditions } from '../../src/config/check-conditions.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { parseConfigFile } from '../../src/config/parse-config-file.ts';
import { describeProblem } from '../../src/config/problem.ts';
import { conditionProblem } from '../../src/process/findings/condition.ts';

function read(...lines: string[]) {
  const { rules, conditions, problems } = parseConfigFile(lines.join('\n'), '/etc/p.yaml');
  return { rules, conditions, problems: problems.map(describeProblem) };
}

const EVERYTHING = `
interval: 10
rules:
  disable: [deleted-executable, my-other-rule]
  enable:
    - name-mismatch
  suspicious-children:
    - parents: [nginx, "php-fpm*"]
      children: [sh]
  own:
    - id: shell-of-www-data
      title: A shell of the web server's user
      description: It has no use for one.
      category: execution
      severity: high
      techniques: [T1059.004, T1505]
      when: process.user.name == "www-data" && process.executable.name == "dash"
      trigger: binary-hasher
    - { id: my-other-rule, title: Other, when: started, trigger: yara-scanner }
    - { id: third, title: Third, when: started, trigger: yara-scanner, analysis: yara_scan }
    - id: fourth
      title: Fourth
      when: started
      trigger: sandbox
      analysis: custom:detonate
expected_processes:
  web: { comm: nginx }
  database:
    executable: /usr/lib/postgresql/*/bin/postgres
    args: [-D]
    user: 113
    unit: postgresql@*.service
    count: 2
    grace: 60
    flapping-restarts: 3
    flapping_minutes: 30
`;

suite('the sections of the configuration file', () => {
  test('are read with their defaults', () => {
    const { rules, conditions, problems } = read(EVERYTHING);
    assert.deepEqual(problems, []);
    assert.deepEqual(rules, {
      disabled: ['deleted-executable', 'my-other-rule'],
      enabled: ['name-mismatch'],
      suspiciousChildren: [{ parents: ['nginx', 'php-fpm*'], children: ['sh'] }],
      own: [
        {
          id: 'shell-of-www-data',
          title: "A shell of the web server's user",
          description: 'It has no use for one.',
          category: 'execution',
          severity: 'high',
          techniques: ['T1059.004', 'T1505'],
          when: 'process.user.name == "www-data" && process.executable.name == "dash"',
          trigger: { target: 'binary-hasher', analysisType: 'binary_hash' },
        },
        {
          id: 'my-other-rule',
          title: 'Other',
          description: 'Other',
          category: 'custom',
          severity: 'medium',
          techniques: [],
          when: 'started',
          trigger: { target: 'yara-scanner', analysisType: 'custom:yara-scanner' },
        },
        {
          id: 'third',
          title: 'Third',
          description: 'Third',
          category: 'custom',
          severity: 'medium',
          techniques: [],
          when: 'started',
          trigger: { target: 'yara-scanner', analysisType: 'yara_scan' },
        },
        {
          id: 'fourth',
          title: 'Fourth',
          description: 'Fourth',
          category: 'custom',
          severity: 'medium',
          techniques: [],
          when: 'started',
          trigger: { target: 'sandbox', analysisType: 'custom:detonate' },
        },
      ],
      expectedProcesses: [
        {
          name: 'web',
          match: { comm: 'nginx', executable: undefined, args: undefined, user: undefined, unit: undefined },
          count: 1,
          graceMillis: 0,
          flappingRestarts: 5,
          flappingWindowMillis: 600_000,
        },
        {
          name: 'database',
          match: {
            comm: undefined,
            executable: '/usr/lib/postgresql/*/bin/postgres',
            args: ['-D'],
            user: '113',
            unit: 'postgresql@*.service',
          },
          count: 2,
          graceMillis: 60_000,
          flappingRestarts: 3,
          flappingWindowMillis: 1_800_000,
        },
      ],
    });
    assert.deepEqual(conditions[0], {
      ruleId: 'shell-of-www-data',
      origin: 'file /etc/p.yaml line 17, rules.own[1].when',
      when: 'process.user.name == "www-data" && process.executable.name == "dash"',
    });
  });

  test('may be left out, or empty of anything', () => {
    for (const text of ['', 'rules: {}', 'rules: { own: [], disable: [] }\nexpected-processes: {}']) {
      const { rules, problems } = read(text);
      assert.deepEqual([rules, problems], [{ disabled: [], enabled: [], own: [], expectedProcesses: [] }, []]);
    }
  });
});

suite('a mistake in a section', () => {
  const OWN = '{ id: mine, title: Mine, when: started }';
  for (const [story, text, expected] of [
    ['a section without a value', 'rules:', ['rules is without a value, not a mapping']],
    ['a section that is a list', 'rules: [own]', ['rules is a list, not a mapping']],
    ['a section given twice', 'rules: {}\nrules: {}', ['rules is given more than once']],
    ['a mistyped section', 'rulez: {}', ['rulez is no key of the configuration file; did you mean rules?']],
    [
      'a mistyped key',
      'rules: { disabel: [] }',
      ['rules.disabel is not known here; expected disable, enable, suspicious-children, own; did you mean disable?'],
    ],
    [
      'a rule that is not there',
      'rules: { disable: [delete-executable] }',
      ['rules.disable[1]: "delete-executable" is no rule; did you mean deleted-executable?'],
    ],
    [
      'an own rule among those that are off by default',
      `rules: { own: [${OWN}], enable: [mine] }`,
      ['rules.enable[1]: "mine" is no rule'],
    ],
    ['text in place of a list', 'rules: { disable: future-start }', ['rules.disable is a plain value, not a list']],
    [
      'an alias',
      'x: &a [future-start]\nrules: { disable: *a }',
      ['x is no key of the configuration file', 'rules.disable is an alias, which is not allowed here, not a list'],
    ],
    [
      'a pair with one side',
      'rules: { suspicious-children: [{ parents: [a] }] }',
      ['rules.suspicious-children[1] has no children'],
    ],
    [
      'a rule without anything',
      'rules: { own: [{}] }',
      ['rules.own[1] has no id', 'rules.own[1] has no title', 'rules.own[1] has no when'],
    ],
    [
      'an id that is taken',
      `rules: { own: [${OWN}, ${OWN}, { id: gained-root, title: x, when: started }] }`,
      ['rules.own[2].id: "mine" is the id of another rule', 'rules.own[3].id: "gained-root" is the id of another rule'],
    ],
    [
      'an id that is no name',
      'rules: { own: [{ id: "My Rule", title: x, when: started }] }',
      ['rules.own[1].id: "My Rule" is not a name; expected lower-case letters, digits and "-", at most 64'],
    ],
    [
      'a severity that is not there',
      'rules: { own: [{ id: a, title: x, when: started, severity: hihg }] }',
      [
        'rules.own[1].severity: "hihg" is not one of the known values; expected low, medium, high, critical; did you mean high?',
      ],
    ],
    [
      'a technique that is none',
      'rules: { own: [{ id: a, title: x, when: started, techniques: [T1059, web] }] }',
      [
        'rules.own[1].techniques: "web" holds what is no technique of MITRE ATT&CK; expected ids such as T1059 or T1059.004',
      ],
    ],
    [
      'an analysis without a trigger',
      'rules: { own: [{ id: a, title: x, when: started, analysis: yara_scan }] }',
      ['rules.own[1] has an analysis, but no trigger to ask for it'],
    ],
    [
      'an analysis that is not there',
      'rules: { own: [{ id: a, title: x, when: started, trigger: t, analysis: magic }] }',
      [
        'rules.own[1].analysis: "magic" is no kind of analysis; expected binary_hash, memory_analysis, yara_scan, network_analysis, behavioral_analysis or custom:<name>',
      ],
    ],
    [
      'a number as a condition',
      'rules: { own: [{ id: a, title: x, when: 5 }] }',
      ['rules.own[1].when: "5" is not text (quote it)'],
    ],
    [
      'too many rules',
      `rules: { own: [${Array.from({ length: 101 }, (_, index) => `{ id: r${index}, title: x, when: started }`).join(', ')}] }`,
      ['rules.own has 101 rules, at most 100 are allowed'],
    ],
    ['a watch list of names', 'expected-processes: [web]', ['expected-processes is a list, not a mapping']],
    [
      'an entry that nothing is known of',
      'expected-processes: { web: {} }',
      [
        'expected-processes.web does not say how the process is known; expected at least one of comm, executable, args, user, unit',
      ],
    ],
    [
      'an entry by a bad name',
      'expected-processes: { Web: { comm: x } }',
      ['expected-processes.Web: "Web" is not a name; expected lower-case letters, digits and "-", at most 64'],
    ],
    [
      'an entry given twice',
      'expected-processes:\n  web: { comm: x }\n  web: { comm: y }',
      ['expected-processes.web is given more than once'],
    ],
    [
      'a count of nothing',
      'expected-processes: { web: { comm: x, count: 0 } }',
      ['expected-processes.web.count: "0" is not such a number; expected a whole number, 1 to 1000'],
    ],
    [
      'a mistyped matcher',
      'expected-processes: { web: { com: x } }',
      [
        'expected-processes.web.com is not known here; expected comm, executable, args, user, unit, count, grace, flapping-restarts, flapping-minutes; did you mean comm?',
        'expected-processes.web does not say how the process is known; expected at least one of comm, executable, args, user, unit',
      ],
    ],
    [
      'too many entries',
      `expected-processes:\n${Array.from({ length: 101 }, (_, index) => `  p${index}: { comm: x }`).join('\n')}`,
      ['expected-processes has 101 entries, at most 100 are allowed'],
    ],
  ] as const) {
    test(`is told with its place: ${story}`, () => {
      const problems = read(text).problems.map((problem) => problem.replace(/^file \/etc\/p\.yaml line \d+, /, ''));
      assert.deepEqual(problems, expected);
    });
  }

  test('is told with all others of the file at once, each with its line', () => {
    const { problems } = read(
      'interval: 4',
      'rules:',
      '  disable:',
      '    - nothing',
      '  own:',
      '    - title: x',
      'expected-processes:',
      '  web:',
      '    count: many',
    );
    assert.deepEqual(
      problems.map((problem) => /line (\d+), (\S+?):? /.exec(`${problem} `)?.slice(1)),
      [
        ['1', 'interval'],
        ['6', 'rules.own[1]'],
        ['6', 'rules.own[1]'],
        ['4', 'rules.disable[1]'],
        ['9', 'expected-processes.web'],
      ],
    );
  });

  test('of any depth is an answer, not a crash', () => {
    const { problems } = read(`rules: ${'{ own: '.repeat(200)}x${' }'.repeat(200)}`);
    assert.equal(problems.length, 1);
  });
});

suite('the conditions of own rules', () => {
  async function load(text: string) {
    const loaded = loadConfig({
      argv: ['--config', '/etc/p.yaml'],
      env: {},
      homeDirectory: '/home/u',
      effectiveUserId: 1000,
      readConfigFile: () => ({ ok: true, text, mode: 0o600, ownerUserId: 1000 }),
    });
    let asked = false;
    const checked = await checkConditions(loaded, async () => {
      asked = true;
      return conditionProblem;
    });
    return { asked, problems: checked.ok ? [] : checked.problems.map(describeProblem) };
  }

  test('are checked where there are any, and their language is loaded only then', async () => {
    assert.deepEqual(await load(EVERYTHING), { asked: true, problems: [] });
    assert.deepEqual(await load('interval: 10'), { asked: false, problems: [] });
  });

  test('that cannot be used are told with rule and position, beside all other mistakes', async () => {
    const { problems } = await load(
      [
        'interval: 4',
        'rules:',
        '  own:',
        '    - { id: one, title: One, when: process.nam == "x" }',
        '    - { id: two, when: "started" }',
        '    - id: three',
        '      title: Three',
        '      when: process.name',
      ].join('\n'),
    );
    assert.deepEqual(problems, [
      'file /etc/p.yaml line 1, interval: "4" is too small; expected whole seconds, 5 to 3600',
      'file /etc/p.yaml line 5, rules.own[2] has no title',
      'file /etc/p.yaml line 4, rules.own[1].when (rule one): "process.nam == "x"" cannot be understood: No such key: nam, at character 9',
      'file /etc/p.yaml line 8, rules.own[3].when (rule three): "process.name" comes to string, not to true or false',
    ]);
  });
});

suite('the examples of the README', () => {
  const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const examples = [...README.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text = '']) => text);
  const sections = examples.filter((text) => /^(?:rules|expected-processes):/m.test(text));

  test('can be used as they are', () => {
    assert.equal(sections.length, 2);
    const { rules, conditions, problems } = read(...sections);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      conditions.map(({ when }) => conditionProblem(when)),
      [undefined],
    );
    assert.deepEqual([rules.own.length, rules.expectedProcesses.length], [1, 2]);
  });
});
