import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { waitUntil } from '../fake/wait-until.ts';
import { bundle } from './harness/bundle.ts';
import { OtlpFile, type ReceivedRecord } from './harness/read-otlp-file.ts';
import { scratchDirectory } from './harness/scratch-directory.ts';
import { startSleeper } from './harness/start-observed.ts';
import { startPipeline } from './harness/start-pipeline.ts';
import { startProcmond } from './harness/start-procmond.ts';

test('lifecycle, findings, triggers and their answers reach the security backend, and no other', async (t) => {
  const directory = await scratchDirectory(t);
  const pipeline = await startPipeline(t, directory);
  const dataDirectory = join(directory, 'procmond');
  const configFile = join(directory, 'procmond.yaml');
  const writeConfig = (lines: readonly string[]) => writeFileSync(configFile, `${lines.join('\n')}\n`, { mode: 0o600 });
  writeConfig([
    'rules:',
    '  own:',
    '    - id: late-rule',
    '      title: not yet',
    '      when: process.name == "none"',
  ]);
  const procmond = await startProcmond(t, {
    dataDirectory,
    endpoint: pipeline.collector.endpoint,
    args: [`--config=${configFile}`],
  });
  const security = new OtlpFile(pipeline.to.file.security);
  const find = (what: string, matches: (record: ReceivedRecord) => boolean) =>
    waitUntil(`${what} is there`, async () => (await security.records()).find(matches));
  const ask = async (...args: readonly string[]) =>
    execFileSync(process.execPath, [await bundle(), ...args, `--data-dir=${dataDirectory}`], { encoding: 'utf8' });

  // What runs at the first look has not started.
  await waitUntil('the first look is over', async () =>
    (await procmond.metric('procmond_cycles_total')).some(
      ({ metric, value }) => metric['outcome'] === 'committed' && value > 0,
    ),
  );
  // A folder for temporary files is one that anyone may write to, somewhere above.
  const sleeper = await startSleeper(t, directory, 'e2e-found');
  const ofSleeper = (eventName: string) => (record: ReceivedRecord) =>
    record.eventName === eventName && record.attributes['process.pid'] === sleeper.pid;
  const started = await find('its start', ofSleeper('procmond.process.started'));

  await t.test('a rule of procmond finds the program, with all that is known of the process', async () => {
    const { attributes, severityNumber } = await find('a finding', ofSleeper('procmond.process.finding'));
    assert.equal(attributes['procmond.topic'], 'collector/process/findings');
    assert.equal(attributes['security_rule.name'], 'world-writable-executable');
    assert.equal(severityNumber, 14);
    assert.equal(attributes['procmond.process.cpid'], started.attributes['procmond.process.cpid']);
    assert.equal(attributes['procmond.cycle.id'], started.attributes['procmond.cycle.id']);
  });

  await t.test('a person asks for a hash, and request and answer are told with one correlation id', async () => {
    await ask('trigger', 'binary-hasher', `--pid=${sleeper.pid}`);
    const asked = await find('the request', ofSleeper('procmond.trigger.requested'));
    assert.equal(asked.attributes['procmond.topic'], 'collector/triggers/binary-hasher');
    const answer = await find('the answer', ofSleeper('procmond.binary.hashed'));
    assert.equal(answer.attributes['procmond.topic'], 'collector/binary-hasher/results');
    assert.equal(
      answer.attributes['procmond.trigger.correlation_id'],
      asked.attributes['procmond.trigger.correlation_id'],
    );
    const content = createHash('sha256')
      .update(readFileSync(`/proc/${sleeper.pid}/exe`))
      .digest('hex');
    assert.equal(answer.attributes['procmond.executable.hash.sha256'], content);
  });

  await t.test(
    'a rule that is written while it runs finds what runs already, and may ask for a hash itself',
    async () => {
      writeConfig([
        'rules:',
        '  own:',
        '    - id: late-rule',
        '      title: Sleeps for a test',
        '      severity: critical',
        '      when: process.name == "e2e-found"',
        '      trigger: custom-analyser',
      ]);
      process.kill(procmond.program.pid, 'SIGHUP');
      const found = await find(
        'its finding',
        (record) => record.attributes['security_rule.name'] === 'late-rule' && ofSleeper(record.eventName)(record),
      );
      assert.equal(found.severityNumber, 21);
      await find(
        'its request',
        (record) => record.attributes['procmond.topic'] === 'collector/triggers/custom-analyser',
      );
    },
  );

  await t.test('status says in one screen what happened', async () => {
    const status = await ask('status');
    assert.match(status, /^procmond +\d+\.\d+\.\d+, pid \d+/);
    assert.match(status, /^findings +\d+ since the start;/m);
    assert.match(status, /binary-hasher \(filesystem\)/);
  });

  await t.test('nothing of it went another way', async () => {
    await sleeper.stop();
    await find('its end', ofSleeper('procmond.process.stopped'));
    const [inventory, agent] = await Promise.all(
      (['inventory', 'agent'] as const).map((route) => new OtlpFile(pipeline.to.file[route]).records()),
    );
    const topics = (records: readonly ReceivedRecord[] | undefined) =>
      new Set(records?.map(({ attributes }) => attributes['procmond.topic']));
    assert.deepEqual(topics(inventory), new Set(['collector/process/events']));
    assert.deepEqual(topics(agent), new Set(['collector/process/cycles', 'collector/agent/health']));
  });
});
