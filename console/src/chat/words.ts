import { dictionary } from '../i18n/words.js';

export const chatWords = dictionary(
  { title: 'Chat', soon: 'Conversations will be here.' },
  { title: 'チャット', soon: '会話はここに表示されます。' },
);
