export { type Random, seededRandom } from '../../src/core/base/random.js';
