import { render } from 'preact';
import { App } from './app/app.js';

import './styles/base.css';

const root = document.getElementById('app');
if (root === null) throw new Error('The page has no element #app.');
render(<App />, root);
