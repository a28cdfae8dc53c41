// What results measured over the days: a line through the medians, on a band from quartile to quartile, per day.
import { byId, cell, element, get, show } from './api.js';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 640;
const HEIGHT = 230;
const LEFT = 62;
/** Half a date. */
const RIGHT = 40;
const TOP = 12;
const BOTTOM = 30;
const DAY = 86400000;
/** Days without results over which no line is drawn. */
const GAP = 14;
const AGAIN = 300000;

const STATES = {
  STEADY: ['steady', ''],
  DRIFT: ['DRIFT ALERT', 'error'],
  TOO_FEW: ['too few results to tell', 'quiet'],
};

let asked = 0;
let known = [];

function shape(name, attributes, ...content) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  made.append(...content);
  return made;
}

const at = (day) => Date.parse(`${day}T00:00:00Z`) / DAY;
const dayOf = (number) => new Date(number * DAY).toISOString().slice(0, 10);

/** Round numbers from below the least to above the most, about four steps. */
function ticks(least, most) {
  if (least === most) {
    const half = Math.abs(most) / 20 || 0.5;
    return ticks(least - half, most + half);
  }
  const span = most - least;
  const raw = span / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= raw * 0.999);
  const first = Math.floor(least / step);
  const last = Math.max(Math.ceil(most / step), first + 1);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) + (step / power === 2.5 && power < 10 ? 1 : 0);
  return Array.from({ length: last - first + 1 }, (_, i) => ({
    value: (first + i) * step,
    text: ((first + i) * step).toFixed(digits),
  }));
}

function runs(days) {
  const parts = [];
  for (const day of days) {
    const part = parts.at(-1);
    if (part && at(day.day) - at(part.at(-1).day) <= GAP) {
      part.push(day);
    } else {
      parts.push([day]);
    }
  }
  return parts;
}

function plot(days, trends, signal, unit, digits, name) {
  const from = at(trends.from);
  const to = at(trends.to);
  const marks = ticks(Math.min(...days.map((day) => day.lower)), Math.max(...days.map((day) => day.upper)));
  const low = marks[0].value;
  const high = marks.at(-1).value;
  const x = (day) => LEFT + ((WIDTH - LEFT - RIGHT) * (day - from + 0.5)) / (to - from + 1);
  const y = (value) => TOP + ((HEIGHT - TOP - BOTTOM) * (high - value)) / (high - low);
  const svg = shape('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': name, class: 'plot' });

  for (const mark of marks) {
    svg.append(
      shape('line', { class: 'rule', x1: LEFT, x2: WIDTH - RIGHT, y1: y(mark.value), y2: y(mark.value) }),
      shape('text', { class: 'axis', x: LEFT - 8, y: y(mark.value) + 4.5, 'text-anchor': 'end' }, mark.text),
    );
  }
  const steps = Math.min(4, to - from);
  for (let i = 0; i <= steps; i++) {
    const day = from + Math.round(((to - from) * i) / Math.max(1, steps));
    svg.append(shape('text', { class: 'axis', x: x(day), y: HEIGHT - 9, 'text-anchor': 'middle' }, dayOf(day)));
  }
  const { drift } = trends;
  const recent = drift && Math.max(from, at(drift.recentFrom));
  if (drift) {
    const left = x(recent - 0.5);
    svg.append(shape('rect', {
      class: 'recent', x: left, y: TOP, width: Math.max(1, x(to + 0.5) - left), height: HEIGHT - TOP - BOTTOM,
    }));
  }
  for (const part of runs(days)) {
    const upper = part.map((day) => `${x(at(day.day))},${y(day.upper)}`);
    const lower = part.map((day) => `${x(at(day.day))},${y(day.lower)}`).reverse();
    svg.append(
      shape('polygon', { class: 'band', points: [...upper, ...lower].join(' ') }),
      shape('polyline', { class: 'median', points: part.map((day) => `${x(at(day.day))},${y(day.median)}`).join(' ') }),
    );
  }
  if (signal?.referenceMedian !== undefined && signal.referenceMedian >= low && signal.referenceMedian <= high) {
    const level = y(signal.referenceMedian);
    svg.append(shape('line', {
      class: 'reference', x1: x(Math.max(from, at(drift.referenceFrom)) - 0.5), x2: x(to + 0.5), y1: level, y2: level,
    }));
  }
  for (const day of days) {
    const text = `${day.day}: median ${day.median.toFixed(digits)}${unit}, half of ${day.results} results from `
      + `${day.lower.toFixed(digits)} to ${day.upper.toFixed(digits)}${unit}`;
    svg.append(shape('circle', { class: 'day', cx: x(at(day.day)), cy: y(day.median), r: 2.6 }, shape('title', {}, text)));
  }
  return svg;
}

/** A day that no line ends within. */
const unbroken = (day) => day.replaceAll('-', '\u2011');

/** How a signal stands, in words. */
function words(signal, drift, unit, digits) {
  if (!drift) {
    return element('p', 'quiet', 'not compared yet');
  }
  if (!signal) {
    return element('p', 'quiet', `no results since ${unbroken(drift.recentFrom)}`);
  }
  const [state, style] = STATES[signal.state];
  const measure = signal.drift === undefined ? '' : `, drift ${signal.drift.toFixed(1)} (alert from ${drift.alert})`;
  const median = (value, count) =>
    (value === undefined ? 'no results' : `median ${value.toFixed(digits)}${unit} in ${count} results`);
  return element(
    'p', '',
    element('strong', style, state),
    `${measure}: ${median(signal.recentMedian, signal.recent)} since ${unbroken(drift.recentFrom)}; before that, since `
      + `${unbroken(drift.referenceFrom)}, ${median(signal.referenceMedian, signal.reference)}`,
  );
}

function figure(id, title, days, trends, signal, unit, digits) {
  const name = `${title}: ${days.length} days with results from ${trends.from} to ${trends.to}`;
  byId(id).replaceChildren(
    element('figcaption', '', title),
    days.length ? plot(days, trends, signal, unit, digits, name) : element('p', 'quiet', 'no results in these days'),
    words(signal, trends.drift, unit, digits),
  );
}

const options = (id, values, texts, chosen) => {
  byId(id).replaceChildren(...values.map((value, i) => {
    const option = element('option', '', texts[i]);
    option.value = value;
    return option;
  }));
  byId(id).value = chosen;
  byId(id).disabled = values.length === 0;
};

function draw(trends) {
  known = trends.models;
  options('trend-model', known.map((_, i) => i), known.map((one) => `${one.model} ${one.version} (${one.results} results)`),
    known.findIndex((one) => one.model === trends.model && one.version === trends.version));
  options('trend-organ', trends.organs, trends.organs, trends.organ);
  const signals = trends.drift?.signals ?? [];
  const alerts = signals.filter((signal) => signal.state === 'DRIFT');
  byId('trend-none').hidden = trends.models.length > 0;
  byId('trend-figures').hidden = trends.models.length === 0;
  byId('trend-signals').hidden = signals.length === 0;
  if (trends.models.length === 0) {
    return;
  }
  byId('trend-zone').textContent = trends.timeZone;
  figure('trend-entropy', 'Entropy of the importance map (0 to 1)', trends.entropy, trends,
    signals.find((signal) => signal.signal === 'entropy'), '', 3);
  figure('trend-volume', `Volume of ${trends.organ} (ml)`, trends.volume, trends,
    signals.find((signal) => signal.organ === trends.organ), ' ml', 1);
  byId('trend-summary').textContent = alerts.length
    ? `${alerts.length} of ${signals.length} signals drift`
    : `none of ${signals.length} signals drifts`;
  byId('trend-rows').replaceChildren(...signals.map((signal) => {
    const [state, style] = STATES[signal.state];
    const digits = signal.organ ? 1 : 3;
    const median = (value) => (value === undefined ? '' : value.toFixed(digits));
    return element(
      'tr', '',
      cell(signal.organ ? `volume of ${signal.organ} (ml)` : 'entropy'),
      cell(element('span', style, state)),
      cell(signal.drift === undefined ? '' : signal.drift.toFixed(1), 'number'),
      cell(median(signal.recentMedian), 'number'),
      cell(String(signal.recent), 'number'),
      cell(median(signal.referenceMedian), 'number'),
      cell(String(signal.reference), 'number'),
    );
  }));
}

/** Shows what is chosen; what is not there any more, as after a change of the model, is left to the node. */
export async function trends({ model = true, organ = true } = {}) {
  const query = new URLSearchParams({ days: byId('trend-days').value });
  const chosen = known[byId('trend-model').value];
  if (model && chosen) {
    query.set('model', chosen.model);
    query.set('version', chosen.version);
    if (organ && byId('trend-organ').value) {
      query.set('organ', byId('trend-organ').value);
    }
  }
  const mine = ++asked;
  try {
    const answer = await get(`trends?${query}`);
    if (mine === asked) {
      draw(answer);
    }
  } catch (refused) {
    if (refused.status !== 404 || !model) {
      throw refused;
    }
    await trends({ model: false });
  }
}

const again = (how) => trends(how).catch((refused) => show('message', refused.message));

byId('trend-model').addEventListener('change', () => again({ organ: false }));
byId('trend-organ').addEventListener('change', () => again());
byId('trend-days').addEventListener('change', () => again());
setInterval(again, AGAIN);
