import { createHash } from 'node:crypto';

/**
 * Shows the values of a figure at the pointer and with the arrow keys, saves the data of the page, and unfolds everything
 * for printing. The pictures are there without it.
 */
export const pageScript = `
for (const figure of document.querySelectorAll('figure.chart')) {
  const readings = JSON.parse(figure.querySelector('script').textContent);
  const tip = figure.querySelector('.tip');
  const cross = figure.querySelector('.cross');
  let current = -1;

  const shown = () => [...figure.querySelectorAll('.layout')].find((each) => each.offsetParent !== null);
  const placeOf = (reading, layout) => {
    const position = reading[layout.classList.contains('wide') ? 'wide' : 'narrow'];
    if (position === null) return null;
    const [x, y, panel = 0] = position;
    const frame = figure.getBoundingClientRect();
    const svg = layout.querySelectorAll('svg')[panel].getBoundingClientRect();
    const scale = svg.width / layout.querySelectorAll('svg')[panel].viewBox.baseVal.width;
    const left = svg.left - frame.left + x * scale;
    return { left, top: y === undefined ? null : svg.top - frame.top + y * scale };
  };
  const hide = () => { tip.hidden = true; cross.hidden = true; };
  const show = (index) => {
    const layout = shown();
    const reading = readings[index];
    const place = layout && reading ? placeOf(reading, layout) : null;
    if (place === null) return;
    current = index;
    const title = document.createElement('strong');
    title.textContent = reading.heading;
    const list = document.createElement('dl');
    for (const [name, value] of reading.values) {
      const [term, text] = [document.createElement('dt'), document.createElement('dd')];
      term.textContent = name;
      text.textContent = value;
      list.append(term, text);
    }
    tip.replaceChildren(title, list);
    tip.hidden = false;
    cross.hidden = false;
    const frame = figure.getBoundingClientRect();
    const panels = layout.getBoundingClientRect();
    cross.className = place.top === null ? 'cross' : 'cross point';
    cross.style.left = place.left + 'px';
    cross.style.top = (place.top ?? panels.top - frame.top) + 'px';
    cross.style.height = place.top === null ? panels.height + 'px' : '';
    const room = frame.width - tip.offsetWidth;
    const beside = place.left + 14 <= room ? place.left + 14 : place.left - 14 - tip.offsetWidth;
    tip.style.left = Math.max(0, Math.min(room, beside)) + 'px';
    tip.style.top = (place.top === null ? panels.top - frame.top + 8 : place.top + 14) + 'px';
  };
  const nearest = (event) => {
    const layout = shown();
    if (!layout) return -1;
    const frame = figure.getBoundingClientRect();
    const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
    let best = -1;
    let least = Infinity;
    readings.forEach((reading, index) => {
      const place = placeOf(reading, layout);
      if (place === null) return;
      const distance = Math.hypot(place.left - x, place.top === null ? 0 : 3 * (place.top - y));
      if (distance < least) [best, least] = [index, distance];
    });
    return best;
  };
  for (const layout of figure.querySelectorAll('.layout')) {
    layout.addEventListener('pointermove', (event) => show(nearest(event)));
    layout.addEventListener('pointerdown', (event) => show(nearest(event)));
  }
  figure.addEventListener('pointerleave', hide);
  figure.addEventListener('blur', hide);
  figure.addEventListener('keydown', (event) => {
    const last = readings.length - 1;
    const next = {
      ArrowRight: Math.min(last, current + 1), ArrowDown: Math.min(last, current + 1),
      ArrowLeft: Math.max(0, current - 1), ArrowUp: Math.max(0, current - 1), Home: 0, End: last,
    }[event.key];
    if (event.key === 'Escape') hide();
    if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    show(next);
  });
}
let unfolded = [];
addEventListener('beforeprint', () => {
  unfolded = [...document.querySelectorAll('details:not([open])')];
  for (const details of unfolded) details.open = true;
});
addEventListener('afterprint', () => {
  for (const details of unfolded) details.open = false;
});
for (const button of document.querySelectorAll('button[data-file]')) {
  button.hidden = false;
  button.addEventListener('click', () => {
    const data = JSON.parse(document.getElementById('data').textContent)[button.dataset.file];
    const text = typeof data === 'string' ? data : JSON.stringify(data, null, 2) + '\\n';
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text]));
    link.download = button.dataset.file;
    link.click();
    URL.revokeObjectURL(link.href);
  });
}
for (const button of document.querySelectorAll('button[data-copy]')) {
  button.hidden = !navigator.clipboard;
  button.addEventListener('click', () => {
    void navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = 'Copied';
  });
}
`;

/** For the page's policy: this script runs, and no other. */
export const pageScriptHash = createHash('sha256').update(pageScript).digest('base64');
