import { language } from '../i18n/language.js';

/** A whole number with separators: 12,345. */
export function count(value: number): string {
  return new Intl.NumberFormat(language.value, { maximumFractionDigits: 0 }).format(value);
}

/** A number for a glance: 12.3K, 34M; 1.23万 in Japanese. Below 10,000 it is whole. */
export function brief(value: number): string {
  if (Math.abs(value) < 10_000) return count(value);
  return new Intl.NumberFormat(language.value, { notation: 'compact', maximumSignificantDigits: 3 }).format(value);
}

/** A number of tokens per second: one decimal below 100, except of 0. */
export function rate(value: number): string {
  const digits = value > 0 && value < 100 ? 1 : 0;
  return new Intl.NumberFormat(language.value, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(
    value,
  );
}

const timeUnits = {
  en: { second: 's', minute: 'm', hour: 'h' },
  ja: { second: '秒', minute: '分', hour: '時間' },
};

/** A time in milliseconds: 0.4 s, 12 s, 3 m 05 s, 1 h 02 m. Negative ones count as nothing. */
export function duration(ms: number): string {
  const { second, minute, hour } = timeUnits[language.value];
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} ${second}`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} ${second}`;
  if (whole < 3600) return `${Math.floor(whole / 60)} ${minute} ${String(whole % 60).padStart(2, '0')} ${second}`;
  return `${Math.floor(whole / 3600)} ${hour} ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} ${minute}`;
}

/** A short time in milliseconds: 0 ms, 0.8 ms, 42 ms, 1.2 s. */
export function shortTime(ms: number): string {
  if (ms === 0) return '0 ms';
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  return duration(ms);
}

/** A time in milliseconds to compare with others: 42 ms, 1.20 s, 12.3 s. */
export function fineTime(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} ${timeUnits[language.value].second}`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** A size in bytes: 640 MiB, 3.2 GiB. */
export function bytes(value: number): string {
  const gib = value / 2 ** 30;
  return gib < 1 ? `${Math.round(value / 2 ** 20)} MiB` : `${gib.toFixed(1)} GiB`;
}

/** A moment in Unix milliseconds, as the clock on the wall has it: 09:05:30. */
export function timeOfDay(atMs: number): string {
  return new Date(atMs).toLocaleTimeString(language.value, { hourCycle: 'h23' });
}
