import { readFileSync } from 'node:fs';

/**
 * The rooms of `src/core` and of `src/cli`: every folder, and the other folders whose files it may import. A room may import
 * only rooms that stand above it in its list, so no two folders can import each other. `test/rooms.test.ts` checks the lists
 * against the folders and against the picture in CONTRIBUTING.md.
 */
const houses = { core: roomsIn('rooms.json'), cli: roomsIn('cli-rooms.json') };

function roomsIn(file) {
  return JSON.parse(readFileSync(new URL(`./scripts/${file}`, import.meta.url), 'utf8'));
}

/** One rule for each room: nothing of the house but itself and what it may import. */
function rulesOf([house, rooms]) {
  /** The files of one folder, but not those of the folders in it. */
  const filesOf = (room) => `^src/${house}/${room}/[^/]+$`;
  return Object.entries(rooms).map(([room, allowed]) => ({
    name: `${house}-${room.replaceAll('/', '-')}-imports`,
    comment: `${house}/${room} may import: ${['itself', ...allowed].join(', ')}`,
    severity: 'error',
    from: { path: filesOf(room) },
    to: { path: `^src/${house}/`, pathNot: [room, ...allowed].map(filesOf) },
  }));
}

export default {
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
      name: 'cli-knows-no-commands',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: { path: '^src/commands/' },
    },
    {
      name: 'src-knows-no-tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|benchmarks)/' },
    },
    {
      name: 'console-and-src-apart',
      comment: 'The page in the browser talks to the server over HTTP only.',
      severity: 'error',
      from: { path: '^(console|src)/' },
      to: { path: '^(console|src)/', pathNot: '^$1/' },
    },
    {
      name: 'views-of-the-console-apart',
      comment: 'What two views need is in console/src/ui or console/src/api.',
      severity: 'error',
      from: { path: '^console/src/(queue|charts|chat)/' },
      to: { path: '^console/src/(queue|charts|chat)/', pathNot: '^console/src/$1/' },
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
    ...Object.entries(houses).flatMap(rulesOf),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
