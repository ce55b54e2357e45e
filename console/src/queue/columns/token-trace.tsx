import type { JSX } from 'preact';
import type { TracePoint } from '../queue-state.js';

const width = 40;
const height = 16;

/** The tokens of the last seconds as they came: a bar for each look of the server, the newest on the right. */
export function TokenTrace({ trace }: { readonly trace: readonly TracePoint[] }): JSX.Element {
  const most = Math.max(4, ...trace.map(({ tokens }) => tokens));
  const from = width - trace.length;
  const path = trace
    .map(({ tokens }, index) => {
      const bar = tokens <= 0 ? 0.5 : 1 + (tokens / most) * (height - 1);
      return `M${from + index + 0.5} ${height}v-${bar.toFixed(1)}`;
    })
    .join('');
  return (
    <svg class="queue-trace" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
