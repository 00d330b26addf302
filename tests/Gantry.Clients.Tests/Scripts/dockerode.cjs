// Cases for dockerode against the engine that DOCKER_HOST names: node dockerode.cjs CASE, with dockerode's folder in NODE_PATH.
'use strict';
const assert = require('assert');
const { PassThrough } = require('stream');
const Docker = require('dockerode');
const tar = require('tar-stream');

const docker = new Docker({ socketPath: process.env.DOCKER_HOST.replace('unix://', '') });
const Image = 'busybox:latest';

function collect(stream) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('end', () => resolve(Buffer.concat(chunks).toString()));
    stream.on('error', reject);
  });
}

// Out and err of a multiplexed stream that ends.
async function demultiplex(stream) {
  const out = new PassThrough();
  const err = new PassThrough();
  const texts = Promise.all([collect(out), collect(err)]);
  docker.modem.demuxStream(stream, out, err);
  stream.on('end', () => { out.end(); err.end(); });
  return texts;
}

async function withContainer(options, use) {
  const container = await docker.createContainer({ Image, Cmd: ['sleep', '1000'], ...options });
  try {
    return await use(container);
  } finally {
    await container.remove({ force: true, v: true }).catch((e) => { if (e.statusCode !== 404) throw e; });
  }
}

function archiveOf(files) {
  const pack = tar.pack();
  for (const [name, content] of Object.entries(files)) pack.entry({ name }, content);
  pack.finalize();
  return pack;
}

const cases = {
  async run() {
    const out = new PassThrough();
    const text = collect(out);
    const [end, container] = await docker.run(Image, ['sh', '-c', 'echo hello; exit 4'], out, { Tty: true });
    out.end();
    assert.deepStrictEqual([end.StatusCode, await text], [4, 'hello\r\n']);
    await container.remove();
  },

  async life() {
    await withContainer({ Labels: { by: 'dockerode' } }, async (container) => {
      await container.start();
      const listed = await docker.listContainers({ filters: { label: ['by=dockerode'] } });
      assert.deepStrictEqual(listed.map((c) => c.Id), [container.id]);
      await container.pause();
      assert.strictEqual((await container.inspect()).State.Status, 'paused');
      await container.unpause();
      const stats = await container.stats({ stream: false });
      assert.ok(stats.memory_stats.usage > 0);
      const waiting = container.wait();
      await container.kill();
      assert.strictEqual((await waiting).StatusCode, 137);
    });
  },

  async exec() {
    await withContainer({}, async (container) => {
      await container.start();
      const exec = await container.exec({ Cmd: ['sh', '-c', 'cat; echo err >&2; exit 6'], AttachStdin: true, AttachStdout: true, AttachStderr: true });
      const stream = await exec.start({ hijack: true, stdin: true });
      const texts = demultiplex(stream);
      stream.end('typed\n');
      assert.deepStrictEqual(await texts, ['typed\n', 'err\n']);
      assert.strictEqual((await exec.inspect()).ExitCode, 6);
    });
  },

  async attach() {
    await withContainer({ Cmd: ['cat'], OpenStdin: true, StdinOnce: true, AttachStdin: true }, async (container) => {
      const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true });
      const texts = demultiplex(stream);
      await container.start();
      stream.end('through\n');
      assert.deepStrictEqual(await texts, ['through\n', '']);
      assert.strictEqual((await container.wait()).StatusCode, 0);
      const logs = await container.logs({ stdout: true, follow: false });
      assert.ok(logs.toString().endsWith('through\n'));
    });
  },

  async archive() {
    await withContainer({}, async (container) => {
      await container.putArchive(archiveOf({ 'd/f': 'content' }), { path: '/' });
      const extract = tar.extract();
      const names = [];
      extract.on('entry', (header, stream, next) => { names.push(header.name); stream.on('end', next); stream.resume(); });
      (await container.getArchive({ path: '/d' })).pipe(extract);
      await new Promise((resolve, reject) => extract.on('finish', resolve).on('error', reject));
      assert.deepStrictEqual(names.sort(), ['d/', 'd/f']);
    });
  },

  async events() {
    const stream = await docker.getEvents({ filters: { type: ['container'], event: ['create', 'start', 'die'] } });
    const seen = [];
    const done = new Promise((resolve) => {
      stream.on('data', (chunk) => {
        seen.push(...chunk.toString().trim().split('\n').map((line) => JSON.parse(line)));
        if (seen.some((e) => e.Action === 'die')) resolve();
      });
    });
    await withContainer({ Cmd: ['true'] }, async (container) => {
      await container.start();
      await container.wait();
      await done;
      assert.deepStrictEqual(seen.filter((e) => e.Actor.ID === container.id).map((e) => e.Action), ['create', 'start', 'die']);
    });
    stream.destroy();
  },

  async build() {
    const t = `js-build-${process.pid}`;
    const stream = await docker.buildImage(archiveOf({ Dockerfile: `FROM ${Image}\nCOPY f /f\nCMD ["cat", "/f"]\n`, f: 'built' }), { t });
    const messages = await new Promise((resolve, reject) => docker.modem.followProgress(stream, (e, all) => (e ? reject(e) : resolve(all))));
    assert.ok(messages.some((m) => (m.stream || '').includes(`Successfully tagged ${t}:latest`)));
    const out = new PassThrough();
    const text = collect(out);
    const [, container] = await docker.run(t, [], out, { Tty: true });
    out.end();
    assert.strictEqual(await text, 'built');
    await container.remove();
    await docker.getImage(t).remove();
  },

  // dockerode's sessions have credentials and answer nothing else, not even whether they are well.
  async buildkit() {
    const t = `js-buildkit-${process.pid}`;
    const stream = await docker.buildImage(archiveOf({ Dockerfile: `FROM ${Image}\nCOPY f /f\nRUN sleep 1; cat /f\n`, f: 'built' }), { t, version: '2' });
    const events = await new Promise((resolve, reject) => docker.followProgress(stream, (e, all) => (e ? reject(e) : resolve(all))));
    assert.ok(events.some((m) => (m.stream || '').includes('RUN sleep 1; cat /f')), JSON.stringify(events));
    assert.deepStrictEqual((await docker.getImage(t).inspect()).RepoTags, [`${t}:latest`]);
    await docker.getImage(t).remove();
  },

  async networks() {
    const network = await docker.createNetwork({ Name: `js-${process.pid}`, Labels: { by: 'js' } });
    await withContainer({}, async (container) => {
      await container.start();
      await network.connect({ Container: container.id, EndpointConfig: { Aliases: ['here'] } });
      assert.ok(container.id in (await network.inspect()).Containers);
      await network.disconnect({ Container: container.id });
    });
    await network.remove();
    const volume = await docker.createVolume({ Name: `js-${process.pid}` });
    await (await docker.getVolume(volume.name || volume.Name)).remove();
  },

  async errors() {
    await assert.rejects(docker.getContainer('none-such').inspect(), (e) => e.statusCode === 404 && /No such container: none-such/.test(e.message));
    await assert.rejects(docker.createContainer({ Image: 'none-such' }), (e) => e.statusCode === 404 && /No such image: none-such:latest/.test(e.message));
    await assert.rejects(docker.getNetwork('none-such').inspect(), (e) => e.statusCode === 404 && /network none-such not found/.test(e.message));
  },
};

cases[process.argv[2]]().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
