/**
 * Which folder may import which. Imports point one way: base ← protocol ← everything; scheduler and engine know nothing
 * of each other or of HTTP; inference joins them; server sits on inference; core never imports the command line.
 */
const core = (folder) => `^src/core/${folder}/`;
const coreExcept = (...folders) => ({ path: '^src/core/', pathNot: folders.map(core) });

/** A folder of the core, and the folders of the core that it may import besides itself. */
const may = {
  base: [],
  protocol: ['base'],
  scheduler: ['base'],
  engine: ['base'],
  models: ['base'],
  inference: ['base', 'scheduler', 'engine'],
  telemetry: ['base', 'engine', 'inference'],
  server: ['base', 'protocol', 'scheduler', 'engine', 'inference', 'telemetry'],
  bench: ['base', 'protocol'],
};

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: ['^src/commands/', 'process/host\\.ts$', '\\.d\\.ts$'] },
      to: {},
    },
    {
      name: 'core-knows-no-command-line',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { path: ['^src/(cli|commands)/', 'node_modules/@oclif/'] },
    },
    {
      name: 'src-knows-no-tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|benchmarks)/' },
    },
    {
      name: 'llama-only-in-its-engine',
      comment: 'node-llama-cpp is heavy and starts native code: only the engine process may load it.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/core/engine/llama/'] },
      to: { path: 'node_modules/node-llama-cpp/' },
    },
    {
      name: 'http-only-in-the-server',
      severity: 'error',
      from: { path: '^src/core/', pathNot: ['^src/core/server/'] },
      to: { path: 'node_modules/(@fastify|fastify)/' },
    },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown'] },
    },
    ...Object.entries(may).map(([folder, allowed]) => ({
      name: `${folder}-imports`,
      comment: `core/${folder} may import: ${['itself', ...allowed].join(', ')}`,
      severity: 'error',
      from: { path: core(folder) },
      to: coreExcept(folder, ...allowed),
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
