// The list of series, live, and what can be done with one of them.
import { byId, bytes, cell, duration, element, get, post, session, show, terms } from './api.js';
import { trends } from './trends.js';

const PAGE = 50;

let who = {};
let offset = 0;
let total = 0;
/** The node's clock less ours, ms. */
let skew = 0;
let held = false;
let opened;
let events;
let soon;
const shown = new Map();

const isShown = (series) => !byId('state').value || byId('state').value === series.state;

function age(since) {
  return duration((Date.now() + skew - Date.parse(since)) / 1000);
}

function stateOf(series) {
  const state = element('span', series.state, series.state);
  if (!series.progress) {
    return state;
  }
  const bar = element('progress');
  bar.value = series.progress.fraction;
  bar.setAttribute('aria-label', series.progress.stage);
  return element('span', '', state, ` ${series.progress.stage} `, bar);
}

function row(series) {
  const open = element('button', 'link', series.description || series.seriesUid);
  open.type = 'button';
  open.addEventListener('click', () => details(series.seriesUid));
  const name = element('td', 'series', open);
  if (series.description) {
    name.append(element('div', 'uid', series.seriesUid));
  }
  const seconds = Object.values(series.stageSeconds).reduce((sum, s) => sum + s, 0);
  const why = series.code ? `${series.code}: ${series.reason}` : series.undelivered ? `${series.undelivered} undelivered` : '';
  const ageCell = cell(age(series.openedAt), 'age');
  ageCell.dataset.since = series.openedAt;
  const made = element(
    'tr', '',
    name,
    cell(stateOf(series), 'state'),
    ageCell,
    cell(`${series.callingAe} to ${series.calledAe}`),
    cell(String(series.objects), 'number'),
    cell(series.model ? `${series.model} ${series.version}` : ''),
    cell(series.patches === undefined ? '' : String(series.patches), 'number'),
    cell(seconds ? seconds.toFixed(1) : '', 'number'),
    cell(why, 'why'),
    reviewCell(series),
  );
  made.dataset.series = series.seriesUid;
  return made;
}

function reviewCell(series) {
  if (!series.model) {
    return cell('');
  }
  const link = element('a', '', series.accepted === undefined ? 'review' : series.accepted ? 'accepted' : 'rejected');
  link.href = `review.html?series=${encodeURIComponent(series.seriesUid)}`;
  return cell(link);
}

async function verdicts() {
  const { counts } = await get('verdicts');
  fill('verdicts', counts.map((count) =>
    element('tr', '', cell(`${count.model} ${count.version}`), cell(String(count.accepted), 'number'),
      cell(String(count.rejected), 'number'), cell(String(count.corrected), 'number'),
      cell(String(count.unreviewed), 'number'), cell(String(count.candidates), 'number'))), 'none yet');
  candidates(await get('candidates'));
}

/** What can be learnt from, and whether it may be. */
function candidates({ candidates: all, total, bytes: taken, quotaBytes }) {
  byId('candidates-room').textContent = `${bytes(taken)} of ${bytes(quotaBytes)} taken${all.length < total ? `; the last ${all.length} of ${total}` : ''}`;
  fill('candidates', all.map((candidate) => {
    const link = element('a', 'uid', candidate.seriesUid);
    link.href = `review.html?series=${encodeURIComponent(candidate.seriesUid)}`;
    const consent = element('input');
    consent.type = 'checkbox';
    consent.checked = candidate.consent;
    consent.disabled = !who.name;
    consent.setAttribute('aria-label', `The series ${candidate.seriesUid} may be learnt from`);
    consent.addEventListener('change', () => decide(candidate, 'consent', { consent: consent.checked }));
    const withdraw = element('button', '', 'Withdraw');
    withdraw.type = 'button';
    withdraw.disabled = !who.name || candidate.state === 'WITHDRAWN';
    withdraw.addEventListener('click', () => decide(candidate, 'withdraw'));
    return element(
      'tr', '',
      cell(link),
      cell(`${candidate.corrected ? 'corrected' : 'accepted'}, ${candidate.model} ${candidate.version}`),
      cell(candidate.reason ? `${candidate.state}: ${candidate.reason}` : candidate.state),
      cell(consent),
      cell(withdraw),
    );
  }), 'none yet');
}

async function decide(candidate, what, body) {
  try {
    await post(`series/${candidate.seriesUid}/${what}`, body);
    show('message', '');
  } catch (refused) {
    show('message', refused.message);
  }
  await verdicts();
}

/** Puts a series that changed where it belongs; focus stays where it is. */
function update(series) {
  const old = shown.get(series.seriesUid);
  const focused = old?.contains(document.activeElement);
  if (!isShown(series)) {
    old?.remove();
    shown.delete(series.seriesUid);
    return;
  }
  const fresh = row(series);
  if (old) {
    old.replaceWith(fresh);
  } else if (offset === 0) {
    byId('rows').prepend(fresh);
    total++;
  } else {
    return;
  }
  shown.set(series.seriesUid, fresh);
  if (focused) {
    fresh.querySelector('button').focus();
  }
  range();
}

function range() {
  byId('range').textContent = total ? `${offset + 1} to ${offset + shown.size} of ${total}` : 'none';
  byId('newer').disabled = offset === 0;
  byId('older').disabled = offset + shown.size >= total;
}

async function load() {
  const page = await get(`series?limit=${PAGE}&offset=${offset}&state=${byId('state').value}`);
  skew = Date.parse(page.now) - Date.now();
  total = page.total;
  shown.clear();
  byId('rows').replaceChildren(
    ...page.series.map((series) => {
      const made = row(series);
      shown.set(series.seriesUid, made);
      return made;
    }),
  );
  range();
}

function status(node) {
  held = node.held;
  byId('name').textContent = node.name;
  document.title = `${node.name} - NMSW Node`;
  byId('hold').textContent = held ? 'Let the queue go on' : 'Hold the queue';
  const { device, disk } = node;
  byId('gauges').replaceChildren(
    ...terms([
      ['Queue', `${node.series.READY} waiting${node.oldestWaitingSeconds ? `, the first for ${duration(node.oldestWaitingSeconds)}` : ''}`],
      ['', held ? element('span', 'warn', 'held: nothing new is segmented') : ''],
      ['At work', `${node.series.SEGMENTING} segmenting, ${node.series.RETURNING} returning, ${node.series.RECEIVING} receiving`],
      ['Ended', `${node.series.DONE} done, ${node.series.REFUSED} refused, ${node.series.FAILED} failed, ${node.series.PARKED} parked`],
      ['Device', device.name && device.name !== device.requested ? `${device.name} (${device.requested} asked for)` : device.requested],
      ['', device.memoryTotalBytes && `${bytes(device.memoryUsedBytes)} of ${bytes(device.memoryTotalBytes)} GPU memory`],
      ['Load', device.processorLoad < 0 ? 'not known' : `${Math.round(100 * device.processorLoad)} % of the processors`],
      ['Memory', `${bytes(device.heapUsedBytes)} of ${bytes(device.heapMaxBytes)} heap`],
      ['Disk', `${bytes(disk.freeBytes)} free, refuses below ${bytes(disk.reserveBytes)}`],
      ...node.obstacles.map((obstacle) => ['Obstacle', element('span', 'error', obstacle)]),
    ]),
  );
  byId('destinations').replaceChildren(
    ...node.destinations.map((destination) =>
      element(
        'tr', '',
        cell(destination.name),
        cell(destination.address),
        cell(String(destination.waiting), 'number'),
        cell(destination.error ? `${age(destination.failedAt)} ago: ${destination.error}` : '', 'error'),
      ),
    ),
  );
}

const fill = (id, rows, none) =>
  byId(id).replaceChildren(...(rows.length ? rows : [element('tr', '', cell(none))]));

async function details(seriesUid) {
  const [series, route, models] = await Promise.all([
    get(`series/${seriesUid}`),
    get(`series/${seriesUid}/route`).catch((refused) => ({ rules: [], error: refused.message })),
    get('models'),
  ]);
  const summary = series.series;
  opened = seriesUid;
  byId('details-title').textContent = summary.description || 'Series';
  byId('details-uid').textContent = seriesUid;
  byId('details-facts').replaceChildren(
    ...terms([
      ['Patient', series.patient && `${series.patient.name} (${series.patient.id})`],
      ['Study', series.studyDescription],
      ['State', stateOf(summary)],
      ['Why', summary.code && `${summary.code}: ${summary.reason}`],
      ['Came', `${age(summary.openedAt)} ago, ${summary.objects} objects from ${summary.callingAe} to ${summary.calledAe}`],
      ['Model', series.result && `${series.result.model} ${series.result.version}`],
      ['How', series.result?.parameters],
    ]),
  );
  fill('stages', Object.entries(summary.stageSeconds).map(([stage, s]) =>
    element('tr', '', cell(stage), cell(`${s.toFixed(2)} s`, 'number'))), 'none yet');
  fill('deliveries', series.deliveries.map((delivery) =>
    element('tr', '', cell(delivery.kind), cell(delivery.destination), cell(delivery.error ?? 'waits', 'error'))), 'nothing');
  fill('organs', (series.result?.organs ?? []).map((organ) => {
    const swatch = element('span', '', '\u25a0 ');
    swatch.style.color = organ.color;
    return element('tr', '', cell(element('span', '', swatch, organ.label)), cell(`${organ.millilitres.toFixed(1)} ml`, 'number'));
  }), 'no result yet');
  byId('rules').replaceChildren(
    ...(route.error ? [element('li', 'error', route.error)] : []),
    ...route.rules.map((rule) =>
      element('li', '', rule.unmet
        ? `model ${rule.model}: not taken, ${rule.unmet}`
        : `model ${rule.model} takes it, ${rule.priority}, to ${rule.destinations.join(', ')}`)),
  );
  byId('model').replaceChildren(...models.map((model) => element('option', '', model.name)));
  actions(summary.state);
  show('details-message', '');
  if (!byId('details').open) {
    byId('details').showModal();
  }
}

function actions(state) {
  const final = ['DONE', 'REFUSED', 'FAILED', 'PARKED'].includes(state);
  byId('retry').disabled = !who.name || !['REFUSED', 'FAILED', 'PARKED'].includes(state);
  byId('send').disabled = !who.name || !['DONE', 'RETURNING'].includes(state);
  byId('rerun').disabled = !who.name || !final;
}

async function act(path, body) {
  try {
    await post(`series/${opened}/${path}`, body);
    await details(opened);
  } catch (refused) {
    show('details-message', refused.message);
  }
}

function listen() {
  events?.close();
  events = new EventSource('/api/v1/events');
  events.addEventListener('open', () => {
    show('connection', 'live');
    // What changed while there was no connection.
    Promise.all([load(), verdicts(), trends()]).catch((refused) => show('message', refused.message));
  });
  events.addEventListener('series', (event) => {
    const series = JSON.parse(event.data);
    update(series);
    if (['DONE', 'RETURNING'].includes(series.state)) {
      // Once for all series that come to their end within a second.
      soon ??= setTimeout(() => {
        soon = undefined;
        verdicts().catch((refused) => show('message', refused.message));
      }, 1000);
    }
  });
  events.addEventListener('status', (event) => status(JSON.parse(event.data)));
  events.addEventListener('error', () => show('connection', 'no connection; trying again'));
}

byId('state').addEventListener('change', () => { offset = 0; load(); });
byId('newer').addEventListener('click', () => { offset = Math.max(0, offset - PAGE); load(); });
byId('older').addEventListener('click', () => { offset += PAGE; load(); });
byId('retry').addEventListener('click', () => act('retry'));
byId('send').addEventListener('click', () => act('send'));
byId('rerun').addEventListener('click', () => act('rerun', { model: byId('model').value }));
byId('close').addEventListener('click', () => byId('details').close());
byId('hold').addEventListener('click', async () => {
  try {
    status(await post(held ? 'queue/resume' : 'queue/hold'));
  } catch (refused) {
    show('message', refused.message);
  }
});
setInterval(() => {
  for (const old of document.querySelectorAll('[data-since]')) {
    old.textContent = age(old.dataset.since);
  }
}, 1000);

await session((now) => {
  who = now;
  byId('hold').disabled = !who.name;
  listen();
});
