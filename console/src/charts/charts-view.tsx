import type { JSX } from 'preact';
import { chartsWords } from './words.js';

export function ChartsView(): JSX.Element {
  const words = chartsWords();
  return <h1>{words.title}</h1>;
}
