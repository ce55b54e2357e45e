import type { Random } from '../../base/random.js';

/** Short and common, so that most tokenizers make one token of each. */
const words = `
time year people way day man thing woman life child world school state family student group country problem hand part
place case week company system program question work government number night point home water room mother area money
story fact month lot right study book eye job word business issue side kind head house service friend father power hour
game line end member law car city name team minute idea body back face level office door health person art war history
party result change morning reason research girl guy moment air teacher force order light voice paper space ground form
event matter center couple site project activity star table need court effect food music bank rate table wall field
north south east west river road tree stone fire wind rain snow sun moon bird fish horse dog cat bread milk salt glass
iron gold silver paint cloth ship train bridge market garden kitchen window letter picture song dance race ball coat
hat shoe bag box key lock clock map coin card`
  .trim()
  .split(/\s+/);

/** Words in no order that means anything, with spaces between. */
export function drawWords(count: number, random: Random): string {
  const drawn: string[] = [];
  for (let i = 0; i < count; i += 1) drawn.push(words[Math.floor(random() * words.length)] ?? '');
  return drawn.join(' ');
}
