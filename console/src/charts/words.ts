import { dictionary } from '../i18n/words.js';

export const chartsWords = dictionary({ title: 'Charts' }, { title: 'グラフ' });
