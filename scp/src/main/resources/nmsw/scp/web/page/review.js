// One result: CT with organs in three planes and 3-D, how the patches were chosen, and what a reviewer says of it.
import { byId, cell, element, get, post, session, show, terms } from './api.js';

const series = new URLSearchParams(location.search).get('series') ?? '';
const image = (name) => `/api/v1/series/${encodeURIComponent(series)}/images/${name}`;
/** Colours of patches by rank: from bright yellow to dark red. */
const rankColor = (rank, count) => {
  const t = count > 1 ? (rank - 1) / (count - 1) : 0;
  return [255, Math.round(235 * (1 - t)), Math.round(60 * (1 - t))];
};

let who = {};
let details;
let viewer;
const layer = {};
const hidden = new Set();

/** A colour for each label; a label that is not listed is not drawn. */
function colours(entries) {
  const map = { R: [0], G: [0], B: [0], A: [0], I: [0], labels: [''] };
  for (const { index, color: [r, g, b], label, visible } of entries) {
    map.R.push(r);
    map.G.push(g);
    map.B.push(b);
    map.A.push(visible ? 255 : 0);
    map.I.push(index);
    map.labels.push(label);
  }
  return map;
}

const rgb = (hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));

function drawOrgans() {
  layer.organs.setColormapLabel(
    colours(
      details.result.organs.map((organ) => ({
        index: organ.index,
        color: rgb(organ.color),
        label: organ.label,
        visible: !hidden.has(organ.index),
      })),
    ),
  );
  viewer.updateGLVolume();
}

function drawPatches() {
  const { patches } = details.result;
  const count = Number(byId('patch-range').value);
  byId('patch-count').textContent = String(count);
  layer.patches.setColormapLabel(
    colours(
      patches.map(({ rank }) => ({
        index: rank,
        color: rankColor(rank, patches.length),
        label: `patch ${rank}`,
        visible: rank <= count,
      })),
    ),
  );
  viewer.setOpacity(viewer.volumes.indexOf(layer.patches), count ? 1 : 0);
}

function lists() {
  const { organs, patches } = details.result;
  byId('organs').replaceChildren(
    ...organs.map((organ) => {
      const box = element('input');
      box.type = 'checkbox';
      box.checked = true;
      box.addEventListener('change', () => {
        hidden[box.checked ? 'delete' : 'add'](organ.index);
        drawOrgans();
      });
      const swatch = element('span', '', ' \u25a0 ');
      swatch.style.color = organ.color;
      return element('tr', '', cell(element('label', '', box, swatch, organ.label)), cell(`${organ.millilitres.toFixed(1)} ml`, 'number'));
    }),
  );
  byId('patch-range').max = String(patches.length);
  byId('patches').replaceChildren(
    ...patches.map(({ rank, importance }) => {
      const swatch = element('span', '', '\u25a0 ');
      swatch.style.color = `rgb(${rankColor(rank, patches.length).join(' ')})`;
      return element('li', '', swatch, `objectness ${importance.toFixed(2)}`);
    }),
  );
}

function facts() {
  const { result, verdict } = details;
  byId('title').textContent = details.series.description || 'Review';
  byId('facts').replaceChildren(
    ...terms([
      ['Patient', details.patient && `${details.patient.name} (${details.patient.id})`],
      ['Study', details.studyDescription],
      ['Series', element('span', 'uid', series)],
      ['Model', `${result.model} ${result.version}`],
      ['How', result.parameters],
      ['Entropy', result.entropy !== undefined && `${result.entropy.toFixed(2)} bits of the importance map`],
    ]).filter((term) => term),
  );
  byId('verdict').textContent = verdict
    ? `${verdict.accepted ? 'accepted' : 'rejected'} by ${verdict.by}${verdict.comment ? `: ${verdict.comment}` : ''}`
    : '';
  byId('consent').checked = details.consent;
  const { candidate } = details;
  byId('candidate').textContent = candidate
    ? `To learn from, as it was ${candidate.corrected ? 'corrected' : 'accepted'}: ${candidate.state}${candidate.reason ? `, ${candidate.reason}` : ''}`
    : '';
  byId('corrections').replaceChildren(
    ...details.corrections.map((correction) =>
      element(
        'li', '',
        `Correction of ${correction.model} ${correction.version} from ${correction.from}, ${new Date(correction.at).toLocaleString()}: `,
        element('span', correction.state === 'UNFIT' ? 'error' : '', correction.state),
        correction.reason ? `, ${correction.reason}` : '',
        Object.keys(correction.dice ?? {}).length
          ? `. Dice with the result: ${Object.entries(correction.dice).map(([organ, dice]) => `${organ} ${dice.toFixed(3)}`).join(', ')}`
          : '',
      ),
    ),
  );
}

async function draw() {
  const { Niivue, SHOW_RENDER, SLICE_TYPE } = await import('./niivue.js').catch(() => {
    throw new Error('this build has no viewer (NiiVue); its launcher says why');
  });
  viewer = new Niivue({
    backColor: [0, 0, 0, 1],
    crosshairColor: [0.54, 0.72, 1, 0.7],
    dragAndDropEnabled: false,
    isColorbar: false,
    isOrientCube: false,
    isRadiologicalConvention: true,
    logLevel: 'error',
    show3Dcrosshair: true,
  });
  await viewer.attachToCanvas(byId('view'));
  // For whoever looks at it from the browser's console, and for the test.
  byId('view').viewer = viewer;
  viewer.opts.multiplanarShowRender = SHOW_RENDER.NEVER;
  await viewer.loadVolumes([
    { url: image('ct.nii'), name: 'ct.nii', colormap: 'gray', cal_min: -160, cal_max: 240 },
    { url: image('labels.nii.gz'), name: 'labels.nii.gz', opacity: 0.55 },
    { url: image('importance.nii.gz'), name: 'importance.nii.gz', colormap: 'hot', opacity: 0, cal_min: 0, cal_max: 1000 },
    { url: image('patches.nii.gz'), name: 'patches.nii.gz', opacity: 0 },
  ]);
  [layer.ct, layer.organs, layer.heat, layer.patches] = viewer.volumes;
  viewer.setSliceType(SLICE_TYPE.MULTIPLANAR);
  viewer.setInterpolation(true);
  drawOrgans();
  drawPatches();
  // Last, for it takes longest where there is no GPU.
  viewer.opts.multiplanarShowRender = byId('render').checked ? SHOW_RENDER.ALWAYS : SHOW_RENDER.NEVER;
  viewer.drawScene();
  byId('render').addEventListener('change', () => {
    viewer.opts.multiplanarShowRender = byId('render').checked ? SHOW_RENDER.ALWAYS : SHOW_RENDER.NEVER;
    viewer.drawScene();
  });
}

const say = (accepted) =>
  write('review', { accepted, comment: byId('comment').value, consent: byId('consent').checked });

async function write(what, body) {
  try {
    await post(`series/${series}/${what}`, body);
    details = await get(`series/${series}`);
    facts();
    show('message', '');
  } catch (refused) {
    show('message', refused.message);
  }
}

byId('accept').addEventListener('click', () => say(true));
byId('reject').addEventListener('click', () => say(false));
byId('consent').addEventListener('change', () => write('consent', { consent: byId('consent').checked }));
byId('review').addEventListener('submit', (event) => event.preventDefault());
byId('opacity').addEventListener('input', (event) => viewer?.setOpacity(1, event.target.value / 100));
byId('heat').addEventListener('input', (event) => viewer?.setOpacity(2, event.target.value / 100));
byId('patch-range').addEventListener('input', () => viewer && drawPatches());

await session(async (now) => {
  who = now;
  byId('accept').disabled = byId('reject').disabled = byId('consent').disabled = !who.name;
  try {
    details = await get(`series/${series}`);
    if (!details.result) {
      throw new Error('this series has no result');
    }
    facts();
    if (!viewer) {
      lists();
      await draw();
      show('connection', 'drawn');
    }
  } catch (refused) {
    show('connection', '');
    show('message', refused.message);
  }
});
