// Speaks with the node. What comes from it may hold anything that a DICOM object holds: it becomes text, never markup.

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function answer(response) {
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Refused(response.status, problem.error ?? `the node answered ${response.status}`);
  }
  return response.json();
}

export const get = async (path) => answer(await fetch(`/api/v1/${path}`));

export const post = async (path, body, method = 'POST') =>
  answer(
    await fetch(`/api/v1/${path}`, {
      method,
      headers: { 'X-NMSW': '1', ...(body ? { 'Content-Type': 'application/json' } : {}) },
      body: body && JSON.stringify(body),
    }),
  );

export const byId = (id) => document.getElementById(id);

/** An element with text or elements in it. */
export function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) {
    made.className = className;
  }
  made.append(...content.filter((part) => part !== undefined && part !== null));
  return made;
}

export const cell = (content, className) => element('td', className, content);

/** Rows of a list of terms. */
export const terms = (pairs) =>
  pairs
    .filter(([, value]) => value !== undefined && value !== null && value !== false && value !== '')
    .flatMap(([term, value]) => [element('dt', '', term), element('dd', '', value)]);

export function show(id, text) {
  const target = byId(id);
  target.textContent = text ?? '';
  target.hidden = !text;
}

export function duration(seconds) {
  if (seconds < 0) {
    return '0 s';
  }
  const units = [['d', 86400], ['h', 3600], ['min', 60]];
  for (const [unit, size] of units) {
    if (seconds >= 2 * size) {
      return `${Math.floor(seconds / size)} ${unit}`;
    }
  }
  return `${Math.floor(seconds)} s`;
}

export const bytes = (count) =>
  count >= 1 << 30 ? `${(count / (1 << 30)).toFixed(1)} GiB` : `${Math.round(count / (1 << 20))} MiB`;

/** Shows who is logged in and lets them in and out; tells `changed` each time. */
export async function session(changed) {
  const update = (who) => {
    byId('login').hidden = Boolean(who.name) || !who.loginPossible;
    byId('user').hidden = !who.name;
    byId('user-name').textContent = who.name ?? '';
    changed(who);
  };
  byId('login').addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
      const who = await post('login', { token: byId('token').value });
      show('message', '');
      update(who);
    } catch (refused) {
      show('message', `Not logged in: ${refused.message}`);
    } finally {
      byId('token').value = '';
    }
  });
  byId('logout').addEventListener('click', async () => update(await post('logout')));
  update(await get('session'));
}
