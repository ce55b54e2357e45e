// Lists the relative links of Markdown files that lead nowhere: to a missing file, or to a missing heading.
//
//   node scripts/check-links.js ROOT [FILE…]
//
// ROOT is the folder that links must not leave. Without files, all .md files below it are checked, except in node_modules.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const [root, ...files] = process.argv.slice(2);
if (root === undefined) {
  console.error('usage: node scripts/check-links.js ROOT [FILE…]');
  process.exit(2);
}
const checked = files.length > 0 ? files.map((file) => resolve(root, file)) : markdownFiles(resolve(root));
const broken = checked.flatMap(brokenLinks);
for (const line of broken) console.error(line);
if (checked.length === 0) console.error(`There are no Markdown files in ${root}.`);
process.exitCode = broken.length > 0 || checked.length === 0 ? 1 : 0;

function markdownFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules' || entry.name.startsWith('.')) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return markdownFiles(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

function brokenLinks(file) {
  return linksOf(readFileSync(file, 'utf8')).flatMap((link) => {
    const problem = problemOf(file, link);
    return problem === null ? [] : [`${relative(root, file)}: ${link}: ${problem}`];
  });
}

/** The relative links of a text, outside of code. */
function linksOf(text) {
  const prose = withoutCodeBlocks(text).replace(/`[^`\n]*`/g, '');
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);
  return links.filter((link) => !/^[a-z][a-z+.-]*:/i.test(link));
}

function problemOf(file, link) {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? file : resolve(dirname(file), decodeURIComponent(path));
  if (relative(resolve(root), target).startsWith('..')) return 'leads out of the folder';
  if (!existsSync(target)) return 'there is no such file';
  if (anchor === undefined) return null;
  if (!statSync(target).isFile() || !target.endsWith('.md')) return 'only Markdown files have anchors';
  return anchorsOf(readFileSync(target, 'utf8')).has(anchor) ? null : 'there is no such heading';
}

/** Anchors as GitHub makes them: lower case, no punctuation, hyphens for spaces, a number for repeated headings. */
function anchorsOf(text) {
  const anchors = new Set();
  const seen = new Map();
  for (const [, heading] of withoutCodeBlocks(text).matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return anchors;
}

function withoutCodeBlocks(text) {
  return text.replace(/^( *)(```+|~~~+)[^\n]*\n[\s\S]*?^\1\2[^\n]*$/gm, '');
}
