import { dictionary } from '../i18n/words.js';

export const queueWords = dictionary({ title: 'Queue' }, { title: 'キュー' });
