import { escapedXml } from './escape.js';

/** One check, as CI systems show tests. */
export type TestCase = {
  readonly suite: string;
  readonly name: string;
  /** Shown with the check. */
  readonly output: string;
} & (
  | { readonly status: 'passed' }
  | { readonly status: 'skipped'; readonly message: string }
  | { readonly status: 'failed'; readonly type: string; readonly message: string }
);

export interface TestSuite {
  readonly name: string;
  readonly cases: readonly TestCase[];
}

/**
 * JUnit's XML, limited to what Jenkins, GitLab, GitHub's actions and others agree on.
 *
 * @param name of the whole
 */
export function junitXml(name: string, suites: readonly TestSuite[]): string {
  const all = suites.flatMap(({ cases }) => cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${escapedXml(name)}" ${counts(all)}>`,
    ...suites.flatMap((suite) => [
      `  <testsuite name="${escapedXml(suite.name)}" ${counts(suite.cases)}>`,
      ...suite.cases.flatMap(caseLines),
      '  </testsuite>',
    ]),
    '</testsuites>',
    '',
  ].join('\n');
}

function counts(cases: readonly TestCase[]): string {
  const count = (status: TestCase['status']): number => cases.filter((each) => each.status === status).length;
  return `tests="${cases.length}" failures="${count('failed')}" errors="0" skipped="${count('skipped')}"`;
}

function caseLines(test: TestCase): readonly string[] {
  return [
    `    <testcase classname="${escapedXml(test.suite)}" name="${escapedXml(test.name)}">`,
    ...outcomeLines(test),
    `      <system-out>${escapedXml(test.output)}</system-out>`,
    '    </testcase>',
  ];
}

function outcomeLines(test: TestCase): readonly string[] {
  switch (test.status) {
    case 'passed':
      return [];
    case 'skipped':
      return [`      <skipped message="${escapedXml(test.message)}"/>`];
    case 'failed':
      return [
        `      <failure type="${escapedXml(test.type)}" message="${escapedXml(test.message)}">${escapedXml(test.message)}</failure>`,
      ];
  }
}
